//! What the contract says of parameters and forms. They are read by `connect::open311`, which is more lenient: what is empty is as
//! good as absent, and what is unknown is passed over.

use kernel::RegionCode;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Where.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is looked at")]
pub(super) struct Jurisdiction {
    /// The code of a region (区划); anywhere when absent.
    jurisdiction_id: Option<RegionCode>,
}

/// Who asks, and where, for those who say so in the query.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is looked at")]
pub(super) struct Key {
    /// The API key of an application (API 密钥), here, in the form, or in a header as elsewhere.
    #[param(max_length = 200, pattern = "^lk_[!-~]*$")]
    api_key: Option<String>,
    /// The code of a region (区划); that of the application when absent.
    jurisdiction_id: Option<RegionCode>,
}

/// Which requests.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is looked at")]
pub(super) struct ListRequests {
    /// In this region and beneath (区划); anywhere when absent.
    jurisdiction_id: Option<RegionCode>,
    /// With these numbers (订单号), comma-separated, at most 200; then nothing else counts.
    #[param(max_length = 8000)]
    service_request_id: Option<String>,
    /// For these services (编码), comma-separated.
    #[param(max_length = 2000)]
    service_code: Option<String>,
    /// Placed at this time or later.
    #[param(max_length = 40, format = DateTime)]
    start_date: Option<String>,
    /// Placed at this time or before.
    #[param(max_length = 40, format = DateTime)]
    end_date: Option<String>,
    /// `open`, `closed`, or both, comma-separated.
    #[param(max_length = 40, example = "open")]
    status: Option<String>,
    /// Last changed at this time or later; then they come in the order of change, oldest first.
    #[param(max_length = 40, format = DateTime)]
    updated_after: Option<String>,
    /// Last changed at this time or before.
    #[param(max_length = 40, format = DateTime)]
    updated_before: Option<String>,
    /// Which page, from 1; they lead to the 20,000th request.
    #[param(minimum = 1, maximum = 20000)]
    page: Option<u32>,
    /// Requests a page; 1,000 unless told.
    #[param(minimum = 1, maximum = 1000)]
    page_size: Option<u32>,
}

/// Which updates.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only its schema is looked at")]
pub(super) struct ListUpdates {
    /// Of requests in this region and beneath (区划); anywhere when absent.
    jurisdiction_id: Option<RegionCode>,
    /// Of these requests (订单号), comma-separated, at most 200.
    #[param(max_length = 8000)]
    service_request_id: Option<String>,
    /// At this time or later.
    #[param(max_length = 40, format = DateTime)]
    start_date: Option<String>,
    /// At this time or before.
    #[param(max_length = 40, format = DateTime)]
    end_date: Option<String>,
    /// Which page, from 1; they lead to the 20,000th update.
    #[param(minimum = 1, maximum = 20000)]
    page: Option<u32>,
    /// Updates a page; 1,000 unless told.
    #[param(minimum = 1, maximum = 1000)]
    page_size: Option<u32>,
}

macro_rules! request_form {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        pub(super) struct $name {
            /// The API key of an application (API 密钥), unless it stands in the query or a header.
            #[schema(max_length = 200, pattern = "^lk_[!-~]*$")]
            api_key: Option<String>,
            /// The code of a region (区划); that of the application when absent. Above a community, `lat` and `long` tell which it is.
            jurisdiction_id: Option<RegionCode>,
            /// The code of the service (服务事项编码).
            #[schema(max_length = 32)]
            service_code: String,
            /// Latitude, WGS-84 (纬度). A place is `lat` and `long`, or `address_string`, or all three.
            #[schema(minimum = -90, maximum = 90, example = 32.24)]
            lat: Option<f64>,
            /// Longitude, WGS-84 (经度).
            #[schema(minimum = -180, maximum = 180, example = 119.815)]
            long: Option<f64>,
            /// The address in words (地址).
            #[schema(max_length = 200)]
            address_string: Option<String>,
            /// What is wanted (内容). Together with answers and addresses of photos at most 4,000 characters.
            #[schema(max_length = 4000)]
            description: Option<String>,
            /// The answers to what the service asks (附加问题), by code: sent as `attribute[code]`, or `attribute[code][]` for each of
            /// several values.
            attribute: Option<BTreeMap<String, String>>,
            /// The given name of who asked (名).
            #[schema(max_length = 32)]
            first_name: Option<String>,
            /// The family name of who asked (姓), or all of it.
            #[schema(max_length = 32)]
            last_name: Option<String>,
            /// How to reach who asked (电话).
            #[schema(max_length = 40)]
            phone: Option<String>,
            /// Taken and not kept.
            #[schema(max_length = 200)]
            email: Option<String>,
            /// Taken and not kept.
            #[schema(max_length = 200)]
            device_id: Option<String>,
            /// Taken and not kept.
            #[schema(max_length = 200)]
            account_id: Option<String>,
            /// Where a photo lies (照片链接), for those who do the work; up to ten.
            #[schema(max_items = 10)]
            media_url: Option<Vec<String>>,
            $($(#[$field_doc])* $field: $kind,)*
        }
    };
}

request_form! {
    /// A request for a service (提交诉求).
    Open311Form {}
}

request_form! {
    /// A request for a service, with photos (带照片提交诉求).
    Open311FormWithFiles {
        /// A photo (照片); whatever its field is called, each file of the form is one; up to ten.
        #[schema(value_type = Option<String>, format = Binary)]
        media: Option<Vec<u8>>,
    }
}

/// An update of a request (外部更新).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
pub(super) struct Open311UpdateForm {
    /// The API key of an application (API 密钥), unless it stands in the query or a header.
    #[schema(max_length = 200, pattern = "^lk_[!-~]*$")]
    api_key: Option<String>,
    /// The code of a region (区划).
    jurisdiction_id: Option<RegionCode>,
    /// The number of the request (订单号).
    #[schema(max_length = 40)]
    service_request_id: String,
    /// The outside system's own id of the update; the same is taken once. `update_id_ext` is as good.
    #[schema(max_length = 100)]
    update_id: Option<String>,
    /// The status there: a closed one takes back what is not done yet (撤单).
    #[schema(max_length = 40, example = "OPEN")]
    status: Option<String>,
    /// When it happened there; looked at and not kept.
    #[schema(max_length = 40, format = DateTime)]
    updated_datetime: Option<String>,
    /// What is added (补充说明); needed unless the status takes the request back.
    #[schema(max_length = 4000)]
    description: Option<String>,
    /// Where a photo lies (照片链接); up to ten.
    #[schema(max_items = 10)]
    media_url: Option<Vec<String>>,
}
