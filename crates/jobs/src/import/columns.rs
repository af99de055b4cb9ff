//! What the columns of a file are called (导入列).

use crate::row::ImportSubject;
use serde::Serialize;
use utoipa::ToSchema;

/// A column of a file that is imported (导入列).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ImportColumn {
    /// Its word (字段): a header may say this too.
    #[schema(example = "id_number")]
    pub key: &'static str,
    /// Its header (表头).
    #[schema(example = "身份证号码")]
    pub title: &'static str,
    /// Other headers that are understood (别名).
    pub aliases: &'static [&'static str],
    /// Whether each row must say something there (必填).
    pub required: bool,
    /// The words that a cell may say (可选值); anything when there are none.
    #[schema(value_type = Vec<ImportWord>)]
    pub words: &'static [ImportWord],
    /// An example (示例).
    pub example: &'static str,
}

/// A word that a cell may say (可选值).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ImportWord {
    /// In the file (文件中的写法).
    #[schema(example = "户主")]
    pub said: &'static str,
    /// In the API (接口中的写法).
    #[schema(example = "head")]
    pub word: &'static str,
}

const fn word(said: &'static str, word: &'static str) -> ImportWord {
    ImportWord { said, word }
}

const fn column(key: &'static str, title: &'static str, aliases: &'static [&'static str], example: &'static str) -> ImportColumn {
    ImportColumn { key, title, aliases, required: false, words: &[], example }
}

impl ImportColumn {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn of(self, words: &'static [ImportWord]) -> Self {
        Self { words, ..self }
    }
}

const REGION: ImportColumn = column("region_code", "社区代码", &["区划代码", "社区编码", "村(社区)代码"], "321182001017");
const GRID: ImportColumn = column("grid_code", "网格编码", &["网格编号", "网格代码"], "321182001017W003");
const ESTATE: ImportColumn = column("estate", "小区", &["小区名称", "自然村"], "翡丽中央");
const BUILDING: ImportColumn = column("building", "楼栋", &["楼栋号", "栋", "幢", "楼幢"], "3幢");
const UNIT: ImportColumn = column("unit", "单元", &["单元号"], "1单元");
const ROOM: ImportColumn = column("room", "室", &["房号", "门牌号", "房间号", "户室"], "502室");
const LNG: ImportColumn = column("lng", "经度", &[], "119.8187");
const LAT: ImportColumn = column("lat", "纬度", &[], "32.2372");
const DATUM: ImportColumn = column("datum", "坐标系", &[], "GCJ-02").of(&[
    word("WGS-84", "wgs84"),
    word("CGCS2000", "cgcs2000"),
    word("GCJ-02", "gcj02"),
    word("BD-09", "bd09"),
]);

const GRIDS: &[ImportColumn] = &[
    REGION,
    column("code", "网格编码", &["网格编号", "网格代码"], "321182001017W003").required(),
    column("name", "网格名称", &["名称"], "第三网格").required(),
    column("kind", "网格类别", &["网格类型", "类别"], "综合网格").of(&[
        word("综合网格", "comprehensive"),
        word("专属网格", "special"),
        word("微网格", "micro"),
        word("邻里", "neighborhood"),
    ]),
    column("parent_code", "上级网格编码", &["上级网格"], "321182001017W001"),
    column("households", "户数", &["网格户数"], "300"),
    column("extent", "范围", &["网格范围"], "翡丽中央1至12幢"),
    LNG,
    LAT,
    DATUM,
];

const ADDRESSES: &[ImportColumn] = &[REGION, ESTATE, BUILDING, UNIT, ROOM, GRID, LNG, LAT, DATUM];

const HOUSEHOLDS: &[ImportColumn] = &[
    REGION,
    column("code", "户编号", &["户号", "家庭编号"], "KL-0001"),
    ESTATE,
    BUILDING,
    UNIT,
    ROOM,
    GRID,
    column("kind", "户类别", &["户别", "户类型"], "家庭户").of(&[word("家庭户", "family"), word("集体户", "collective")]),
];

const RESIDENTS: &[ImportColumn] = &[
    REGION,
    column("household_code", "户编号", &["户号", "家庭编号"], "KL-0001"),
    ESTATE,
    BUILDING,
    UNIT,
    ROOM,
    column("relation", "与户主关系", &["户主关系", "家庭关系"], "户主").of(&[
        word("户主", "head"),
        word("本人", "head"),
        word("配偶", "spouse"),
        word("妻", "spouse"),
        word("夫", "spouse"),
        word("子女", "child"),
        word("子", "child"),
        word("女", "child"),
        word("孙子女", "grandchild"),
        word("外孙子女", "grandchild"),
        word("父母", "parent"),
        word("公婆", "parent"),
        word("岳父母", "parent"),
        word("祖父母", "grandparent"),
        word("外祖父母", "grandparent"),
        word("兄弟姐妹", "sibling"),
        word("其他", "other"),
    ]),
    column("name", "姓名", &[], "张三丰").required(),
    column("phone", "电话", &["联系电话", "手机", "手机号", "手机号码"], "13812341234"),
    column("id_number", "身份证号码", &["身份证号", "公民身份号码", "证件号码"], "321102198002290014"),
    column("sex", "性别", &[], "女").of(&[word("男", "male"), word("女", "female"), word("未知", "unknown"), word("未说明", "not_stated")]),
    column("residence", "居住类别", &["人员类别", "人口类别"], "常住").of(&[
        word("常住", "permanent"),
        word("户籍", "permanent"),
        word("流动", "floating"),
        word("外出", "away"),
        word("境外人员", "overseas"),
    ]),
    column("moved_in", "迁入日期", &["入住日期"], "2020-05-01"),
];

const ORGANIZATION: ImportColumn =
    column("organization", "组织名称", &["组织", "单位名称", "所在组织"], "康乐社区第三网格党支部").required();

const ORGANIZATIONS: &[ImportColumn] = &[
    REGION,
    column("name", "组织名称", &["名称", "单位名称"], "康乐社区第三网格党支部").required(),
    column("kind", "组织类别", &["类别", "组织类型"], "网格党支部").of(&[
        word("街道党工委", "street_party_committee"),
        word("社区党组织", "community_party_organization"),
        word("社区党委", "community_party_organization"),
        word("网格党支部", "grid_branch"),
        word("邻里党支部", "grid_branch"),
        word("党小组", "party_group"),
        word("楼道党小组", "party_group"),
        word("楼幢党小组", "party_group"),
        word("党员中心户", "party_household"),
        word("党员楼栋长", "party_household"),
        word("综合党委", "new_employment_party_committee"),
        word("联合党支部", "joint_branch"),
        word("驻区单位", "resident_unit"),
        word("社会组织", "social_organization"),
        word("物业公司", "property_company"),
        word("业主委员会", "owners_committee"),
        word("居民委员会", "residents_committee"),
        word("职能部门", "government_department"),
        word("志愿服务队", "volunteer_team"),
        word("邻里", "neighborhood"),
        word("邻里和谐促进会", "harmony_association"),
        word("楼群自管会", "building_council"),
        word("其他", "other"),
    ]),
    column("parent", "上级组织", &["上级", "上级组织名称"], "康乐社区党委"),
    GRID,
    column("credit_code", "统一社会信用代码", &["信用代码", "社会信用代码"], "91110000600037341L"),
    column("address", "地址", &["办公地址", "住所"], "康乐新村12幢底层"),
];

const MEMBERSHIPS: &[ImportColumn] = &[
    REGION,
    ORGANIZATION,
    column("account", "账号", &["登录名", "账号名"], "chen.jun").required(),
    column("role", "职务", &["成员职务", "角色"], "书记").of(&[
        word("成员", "member"),
        word("书记", "secretary"),
        word("副职", "deputy"),
        word("工作人员", "staff"),
        word("负责人", "leader"),
        word("骨干", "backbone"),
        word("理事", "council_member"),
        word("联络员", "liaison"),
    ]),
    column("from_on", "起始日期", &["任职日期", "开始日期"], "2026-01-01"),
    column("to_on", "终止日期", &["离任日期", "结束日期"], "2026-12-31"),
];

const VENUES: &[ImportColumn] = &[
    REGION,
    column("name", "阵地名称", &["名称", "场所名称"], "康乐社区党群服务中心").required(),
    column("kind", "阵地类别", &["类别", "阵地类型"], "党群服务中心").of(&[
        word("党群服务中心", "service_center"),
        word("邻里中心", "service_center"),
        word("睦邻点", "neighbor_point"),
        word("客厅阵地", "neighbor_point"),
        word("红色便民点", "neighbor_point"),
        word("议事亭", "discussion_pavilion"),
        word("议事厅", "discussion_pavilion"),
        word("驿站", "station"),
        word("党群驿站", "station"),
        word("宜之家", "station"),
        word("小哥驿站", "station"),
        word("暖新加油吧", "station"),
        word("司机之家", "station"),
        word("初心角", "memorial_corner"),
        word("政务服务点", "government_service"),
        word("便民服务中心", "government_service"),
        word("公共法律服务点", "legal_service"),
        word("其他", "other"),
    ]),
    column("brand", "品牌", &["品牌名称"], "家门口·京新汇"),
    column("address", "地址", &["详细地址"], "双桥街道翠岗路8号"),
    column("phone", "电话", &["公开电话", "联系电话"], "0514-87930000"),
    LNG,
    LAT,
    DATUM,
    column("area", "面积", &["建筑面积", "总面积"], "420"),
    column("office_area", "办公面积", &[], "40"),
    column("public_area", "公共面积", &["服务面积"], "380"),
    column("hours", "开放时间", &["服务时间"], "周一至周五 09:00-12:00、13:00-17:30"),
    column("services", "服务项目", &["服务内容"], "法律咨询、代办代理"),
    column("features", "阵地要素", &[], "初心角、红色便民点"),
];

impl ImportSubject {
    /// Its columns, in the order of a template.
    #[must_use]
    pub const fn columns(self) -> &'static [ImportColumn] {
        match self {
            Self::Grids => GRIDS,
            Self::Addresses => ADDRESSES,
            Self::Households => HOUSEHOLDS,
            Self::Residents => RESIDENTS,
            Self::Organizations => ORGANIZATIONS,
            Self::Memberships => MEMBERSHIPS,
            Self::Venues => VENUES,
        }
    }
}

/// What a header says, as headers are compared: without blanks and marks, which differ from office to office.
pub(super) fn plain(header: &str) -> String {
    header
        .chars()
        .filter(|c| !c.is_whitespace() && !"*★():\u{ff08}\u{ff09}\u{ff0a}\u{ff1a}".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_header_means_two_things() {
        use sea_orm::Iterable;
        for subject in ImportSubject::iter() {
            let mut seen = HashSet::new();
            for column in subject.columns() {
                for header in [&[column.key, column.title], column.aliases].concat() {
                    assert!(seen.insert(plain(header)), "{subject:?}: {header}");
                }
                let mut said = HashSet::new();
                assert!(column.words.iter().all(|w| said.insert(w.said)), "{}", column.key);
            }
        }
    }
}
