//! The tables `tags` and `resident_tags`.

pub(crate) mod tag {
    //! The table `tags`: one row a version.
    use crate::tag::TagClass;
    use kernel::{RegionCode, Subject, id::TagId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tags")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TagId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        pub region_code: RegionCode,
        pub code: String,
        pub name: String,
        pub class: TagClass,
        pub reason: Option<String>,
        pub valid_from: ChronoDateTimeUtc,
        pub valid_to: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        pub(crate) const fn subject(&self) -> Subject {
            Subject { id: self.id.0, version: self.version, region: self.region_code }
        }
    }
}

pub(crate) mod given {
    //! The table `resident_tags`.
    use crate::tag::{LegalBasisKind, TagEnd};
    use kernel::{
        Cx, RegionCode, Result, Subject,
        id::{AccountId, ConsentId, ResidentId, ResidentTagId, TagId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "resident_tags")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ResidentTagId,
        pub version: i32,
        pub resident_id: ResidentId,
        pub tag_id: TagId,
        pub tag_version: i32,
        /// That of the resident, which never changes.
        pub region_code: RegionCode,
        /// Of a sensitive tag, or given to a child under 14.
        pub sensitive: bool,
        /// Absent for an ordinary tag, and for one that has become sensitive since.
        pub basis: Option<LegalBasisKind>,
        pub consent_id: Option<ConsentId>,
        #[sea_orm(column_type = "Text", nullable)]
        pub citation: Option<String>,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        pub valid_from: ChronoDate,
        /// The first day on which it holds no more.
        pub valid_to: Option<ChronoDate>,
        pub ended_why: Option<TagEnd>,
        pub recorded_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// Of the entry, not of the resident: a feed must not say whose a sensitive tag is.
        pub(crate) const fn subject(&self) -> Subject {
            Subject { id: self.id.0, version: self.version, region: self.region_code }
        }
    }

    fn owner(id: ResidentTagId) -> String {
        format!("resident_tag {id} note")
    }

    pub(crate) fn seal(cx: &Cx, id: ResidentTagId, note: &str) -> Result<String> {
        cx.vault().seal(&owner(id), note)
    }

    pub(crate) fn open(cx: &Cx, id: ResidentTagId, sealed: &str) -> Result<String> {
        cx.vault().open(&owner(id), sealed)
    }
}
