//! What differs by place about organizations (组织规则): the levels that they stand in, the posts that there are, how many
//! neighbourhoods one worker covers. A place says so by the policy `organization_rules`, with a period and versions.

use crate::OrganizationKind;
use kernel::{Code, Error, Result, check::worded};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// The rules of a place for its organizations (组织规则).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OrganizationRules {
    /// A template that ships (内置模板); absent, and without `levels`: organizations stand as they like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<OrganizationTemplate>,
    /// A template of the place's own (自定义层级), from the top down; when there is one, `template` is not looked at. A kind stands in
    /// one level; kinds in none stand where they like.
    #[serde(default)]
    #[validate(nested, length(max = 10), custom(function = levels))]
    #[schema(max_items = 10)]
    pub levels: Vec<TemplateLevel>,
    /// The kinds of posts that there are (岗位类别).
    #[serde(default)]
    #[validate(nested, length(max = 100), custom(function = post_kinds))]
    #[schema(max_items = 100)]
    pub post_kinds: Vec<PostKind>,
    /// How many neighbourhoods (邻里) one worker covers at most (每名社工负责邻里上限); absent: no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 100))]
    #[schema(minimum = 1, maximum = 100, example = 3)]
    pub neighborhoods_per_worker: Option<u8>,
}

/// A template of four levels that ships (四级组织体系), each as its place published it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationTemplate {
    /// 崇川: 社区党组织 → 邻里党支部 → 楼幢党小组 → 党员中心户
    Chongchuan,
    /// 扬中: 社区党委 → 网格党支部 → 楼道党小组 → 党员中心户
    Yangzhong,
    /// 丹徒: 街道党工委 → 社区党组织 → 网格党组织 → 党员楼栋长
    Dantu,
}

/// A level of a template (组织层级).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TemplateLevel {
    /// What the level is called there (层级名称).
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "邻里党支部")]
    pub name: String,
    /// The kinds that stand in it (类别).
    #[validate(length(min = 1, max = 30))]
    #[schema(min_items = 1, max_items = 30)]
    pub kinds: Vec<OrganizationKind>,
}

/// A kind of post (岗位类别), a word of the place's own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PostKind {
    /// Its word (编码).
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "mediation")]
    pub code: String,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", example = "调解员")]
    pub name: String,
}

fn levels(levels: &[TemplateLevel]) -> Result<(), ValidationError> {
    let kinds: Vec<_> = levels.iter().flat_map(|level| &level.kinds).collect();
    match kinds.iter().enumerate().any(|(n, kind)| kinds[..n].contains(kind)) {
        true => Err(ValidationError::new("levels").with_message("a kind is named twice".into())),
        false => Ok(()),
    }
}

fn post_kinds(kinds: &[PostKind]) -> Result<(), ValidationError> {
    match kinds.iter().enumerate().any(|(n, kind)| kinds[..n].iter().any(|other| other.code == kind.code)) {
        true => Err(ValidationError::new("post_kinds").with_message("a code is named twice".into())),
        false => Ok(()),
    }
}

impl OrganizationTemplate {
    /// Its levels, from the top down.
    #[must_use]
    pub fn levels(self) -> Vec<TemplateLevel> {
        use OrganizationKind as K;
        let level = |name: &str, kinds: &[K]| TemplateLevel { name: name.to_owned(), kinds: kinds.to_vec() };
        match self {
            Self::Chongchuan => vec![
                level("社区党组织", &[K::CommunityPartyOrganization]),
                level("邻里党支部", &[K::GridBranch]),
                level("楼幢党小组", &[K::PartyGroup]),
                level("党员中心户", &[K::PartyHousehold]),
            ],
            Self::Yangzhong => vec![
                level("社区党委", &[K::CommunityPartyOrganization]),
                level("网格党支部", &[K::GridBranch]),
                level("楼道党小组", &[K::PartyGroup]),
                level("党员中心户", &[K::PartyHousehold]),
            ],
            Self::Dantu => vec![
                level("街道党工委", &[K::StreetPartyCommittee]),
                level("社区党组织", &[K::CommunityPartyOrganization]),
                level("网格党组织", &[K::GridBranch, K::PartyGroup]),
                level("党员楼栋长", &[K::PartyHousehold]),
            ],
        }
    }
}

impl OrganizationRules {
    /// The template of the place; empty where there is none.
    #[must_use]
    pub fn template_levels(&self) -> Vec<TemplateLevel> {
        if self.levels.is_empty() { self.template.map(OrganizationTemplate::levels).unwrap_or_default() } else { self.levels.clone() }
    }

    /// Requires that an organization of this kind may stand beneath one of that kind, or at the top.
    ///
    /// # Errors
    /// `organization_level_invalid`, with what the template allows.
    pub(crate) fn require_level(&self, kind: OrganizationKind, parent: Option<OrganizationKind>) -> Result<()> {
        let levels = self.template_levels();
        let of = |kind: OrganizationKind| levels.iter().position(|level| level.kinds.contains(&kind));
        let Some(level) = of(kind) else { return Ok(()) };
        let above = level.checked_sub(1).and_then(|n| levels.get(n));
        let fits = match above {
            Some(_) => parent.and_then(of) == level.checked_sub(1),
            None => parent.and_then(of).is_none(),
        };
        if fits {
            return Ok(());
        }
        let allowed = match above {
            Some(above) => format!("{} ({})", above.name, above.kinds.iter().map(ActiveEnum::to_value).collect::<Vec<_>>().join(", ")),
            None => "—".to_owned(),
        };
        let kind = kind.to_value();
        Err(Error::new(Code::OrganizationLevelInvalid)
            .with("kind", kind)
            .with("level", level + 1)
            .with("allowed", allowed)
            .at("#/parent_id"))
    }

    /// Requires that there are posts of this kind.
    ///
    /// # Errors
    /// `post_kind_unknown`, with those that there are.
    pub(crate) fn require_post_kind(&self, kind: &str) -> Result<()> {
        if self.post_kinds.iter().any(|known| known.code == kind) {
            return Ok(());
        }
        let allowed = self.post_kinds.iter().map(|known| known.code.as_str()).collect::<Vec<_>>().join(", ");
        Err(Error::new(Code::PostKindUnknown).with("kind", kind).with("allowed", allowed).at("#/kind"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrganizationKind as K;

    #[test]
    fn each_template_has_four_levels_and_each_kind_in_one() {
        for template in [OrganizationTemplate::Chongchuan, OrganizationTemplate::Yangzhong, OrganizationTemplate::Dantu] {
            let its = template.levels();
            assert_eq!(its.len(), 4, "{template:?}");
            assert!(levels(&its).is_ok());
        }
    }

    #[test]
    fn a_kind_stands_right_beneath_the_level_above() {
        let rules = OrganizationRules { template: Some(OrganizationTemplate::Yangzhong), ..OrganizationRules::default() };
        for (kind, parent, fits) in [
            (K::CommunityPartyOrganization, None, true),
            (K::CommunityPartyOrganization, Some(K::StreetPartyCommittee), true),
            (K::CommunityPartyOrganization, Some(K::GridBranch), false),
            (K::GridBranch, Some(K::CommunityPartyOrganization), true),
            (K::GridBranch, None, false),
            (K::GridBranch, Some(K::PartyGroup), false),
            (K::PartyHousehold, Some(K::PartyGroup), true),
            (K::PartyHousehold, Some(K::GridBranch), false),
            (K::ResidentUnit, Some(K::PartyHousehold), true),
            (K::ResidentUnit, None, true),
        ] {
            assert_eq!(rules.require_level(kind, parent).is_ok(), fits, "{kind:?} beneath {parent:?}");
        }
        assert!(OrganizationRules::default().require_level(K::PartyHousehold, None).is_ok());
        let refused = rules.require_level(K::GridBranch, None).unwrap_err();
        assert_eq!(refused.params[2].1, "社区党委 (community_party_organization)");
    }
}
