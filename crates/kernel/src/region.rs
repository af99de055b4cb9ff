//! Region codes (统计用区划代码): 12 digits, 2+2+2+3+3, province to community.
//!
//! The code *is* the hierarchy, so scope is a range: everything under 双桥街道
//! `321003005000` lies between `321003005000` and `321003005999`. Stored as an integer
//! (it is below 2^53), spoken as a string of twelve digits.
//! Source: National Bureau of Statistics, 统计用区划代码和城乡划分代码编制规则.

use crate::{
    column::Cell,
    error::{Code, Error},
};
use sea_orm::{DbErr, QueryResult};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, Unexpected},
};
use std::{fmt, str::FromStr};

/// A region code, the whole country (`000000000000`) included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::DeriveValueType, utoipa::ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{12}$", example = "321182001017")]
pub struct RegionCode(i64);

impl Cell for RegionCode {
    fn read(row: &QueryResult, position: usize) -> Result<Option<Self>, DbErr> {
        i64::read(row, position).map(|code| code.map(Self))
    }
}

/// The five administrative levels, and the country above them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionLevel {
    /// 全国
    Country,
    /// 省
    Province,
    /// 市
    City,
    /// 县(区、市)
    County,
    /// 乡镇、街道
    Township,
    /// 社区、村
    Community,
}

impl RegionLevel {
    const ALL: [Self; 6] = [Self::Country, Self::Province, Self::City, Self::County, Self::Township, Self::Community];

    /// How many codes one region of this level spans.
    const fn span(self) -> i64 {
        match self {
            Self::Country => 1_000_000_000_000,
            Self::Province => 10_000_000_000,
            Self::City => 100_000_000,
            Self::County => 1_000_000,
            Self::Township => 1_000,
            Self::Community => 1,
        }
    }

    /// The word of the contract and of the region list.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
            Self::Township => "township",
            Self::Community => "community",
        }
    }
}

impl FromStr for RegionLevel {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|l| l.as_str() == text).ok_or_else(|| Error::new(Code::RegionCodeInvalid).with("value", text))
    }
}

impl RegionCode {
    /// The whole country: the scope of a national administrator.
    pub const COUNTRY: Self = Self(0);

    /// The level, read off the trailing zeros.
    #[must_use]
    pub fn level(self) -> RegionLevel {
        RegionLevel::ALL.into_iter().find(|level| self.0 % level.span() == 0).unwrap_or(RegionLevel::Community)
    }

    /// The next region above. A township directly under a city (东莞) has the city for its
    /// parent; a province has the country; the country has none.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let level = self.level();
        RegionLevel::ALL
            .into_iter()
            .rev()
            .filter(|upper| *upper < level)
            .map(|upper| Self(self.0 - self.0 % upper.span()))
            .find(|code| *code != self)
    }

    /// The first and the last code within this region, both inclusive.
    #[must_use]
    pub fn range(self) -> (Self, Self) {
        (self, Self(self.0 + self.level().span() - 1))
    }

    /// Whether `other` is this region or lies within it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        let (first, last) = self.range();
        (first..=last).contains(&other)
    }

    /// The region of the given level that this one lies in (itself, if it is of that level).
    #[must_use]
    pub fn at(self, level: RegionLevel) -> Self {
        Self(self.0 - self.0 % level.span())
    }

    /// The code as the integer that the database stores.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl FromStr for RegionCode {
    type Err = Error;

    /// Takes 2, 4, 6, 9 or 12 digits; a shorter code is padded with zeros.
    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = || Error::new(Code::RegionCodeInvalid).with("value", text);
        if !matches!(text.len(), 2 | 4 | 6 | 9 | 12) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        let code: i64 = format!("{text:0<12}").parse().map_err(|e| invalid().because(e))?;
        // Chinese codes begin at 11 (Beijing); below lies only the country itself.
        if code != 0 && code < 110_000_000_000 {
            return Err(invalid());
        }
        Ok(Self(code))
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for RegionCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RegionCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let invalid = || D::Error::invalid_value(Unexpected::Str(&text), &"a region code of 2, 4, 6, 9 or 12 digits");
        text.parse().ok().ok_or_else(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    #[test]
    fn the_code_is_the_hierarchy() {
        let kangle = code("321003005008");
        assert_eq!(kangle.level(), RegionLevel::Community);
        let up: Vec<_> = std::iter::successors(Some(kangle), |c| c.parent()).map(|c| c.to_string()).collect();
        assert_eq!(up, ["321003005008", "321003005000", "321003000000", "321000000000", "320000000000", "000000000000"]);
        assert!(code("3210").covers(kangle));
        assert!(!code("3211").covers(kangle));
        assert_eq!(code("321003005").range().1.to_string(), "321003005999");
        assert!(RegionCode::COUNTRY.covers(kangle));
    }

    #[test]
    fn a_township_without_a_county_hangs_under_its_city() {
        assert_eq!(code("441900003000").parent(), Some(code("4419")));
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "3", "321", "32100300500", "3210030050081", "32100300500a", "010000000000", "三二一"] {
            assert!(bad.parse::<RegionCode>().is_err(), "{bad}");
        }
    }
}
