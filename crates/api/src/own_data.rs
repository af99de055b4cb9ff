//! What is held about whoever has signed in, put together from the crates that hold it (PIPL 45), and what a deletion does in each of
//! them (PIPL 47).

use crate::call::Call;
use chrono::{DateTime, Utc};
use grids::{
    consent::Consent,
    resident::{OwnResident, ResidentFate},
};
use identity::{DataRequest, DataRequestKind, OwnAccount};
use kernel::{Code, Cx, Error, Result, id::DataRequestId};
use serde::{Deserialize, Serialize};
use services::order::OwnOrder;
use utoipa::ToSchema;
use validator::Validate;
use visits::OwnVisits;
use volunteers::Volunteer;

/// At most so many entries of each kind, the newest: what is behind them is told by the lists.
const MOST: u64 = 1000;

/// What is held about whoever has signed in (本人数据).
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnData {
    /// When it was put together (生成时间).
    generated_at: DateTime<Utc>,
    /// At most so many entries of each kind, the newest (每类上限).
    #[schema(minimum = 1)]
    most: u64,
    /// The account, its grants and sessions, and what was asked about the data (账号).
    account: OwnAccount,
    /// The orders that one asked for, with the contacts that one gave (订单).
    orders: Vec<OwnOrder>,
    /// Appointments and opinions (走访).
    visits: OwnVisits,
    /// The entries of residents that the account is linked to, with their tags (居民).
    residents: Vec<OwnResident>,
    /// What one has agreed to (同意).
    consents: Vec<Consent>,
    /// The entry as a taker of orders (接单人); absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    volunteer: Option<Volunteer>,
    /// Where one has checked in, in full (双报到).
    check_ins: Vec<organizations::check_in::CheckIn>,
    /// Since when the account is bound to a WeChat user (微信绑定); absent if it is bound to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    wechat_bound_at: Option<DateTime<Utc>>,
}

/// Puts it together.
pub(crate) async fn gather(cx: &Cx) -> Result<OwnData> {
    let id = cx.actor.account()?;
    let (residents, consents) = grids::resident::own_residents(cx, id, MOST).await?;
    Ok(OwnData {
        generated_at: cx.now(),
        most: MOST,
        account: identity::own_account(cx, MOST).await?,
        orders: services::order::own_orders(cx, MOST).await?,
        visits: visits::own_visits(cx, MOST).await?,
        residents,
        consents,
        volunteer: volunteers::find_volunteer(cx, id).await?,
        check_ins: organizations::check_in::own_check_ins(cx, MOST).await?,
        wechat_bound_at: connect::wechat::bound_since(cx, id).await?.map(|binding| binding.bound_at),
    })
}

/// Decide a request about somebody's data (办理个人信息请求).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideDataRequest {
    /// Whether it is done, or else refused (是否办理). A correction is made before, with the operations for it.
    done: bool,
    /// What the person is told (答复); needed for a refusal (PIPL 50). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = kernel::check::worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    answer: Option<String>,
    /// What becomes of the linked resident's entry (居民登记的处理), where a deletion is done.
    #[serde(default)]
    resident: ResidentFate,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    version: Option<i32>,
}

/// Decides it. A deletion erases in one change, in every crate, what identifies the person; what must stay stays without a name.
pub(crate) async fn decide(call: &Call, id: DataRequestId, command: DecideDataRequest) -> Result<DataRequest> {
    let cx = &call.cx;
    let request = identity::decidable_data_request(cx, id, command.version, command.done).await?;
    if !command.done && command.answer.is_none() {
        return Err(Error::field_with("#/answer", Code::FieldMissing, vec![("name", "answer".to_owned())]));
    }
    let (account, deletes) = (request.account_id, command.done && request.kind == DataRequestKind::Deletion);
    if deletes {
        let open = services::order::open_orders_of(cx, account).await?;
        if open > 0 {
            return Err(Error::new(Code::DeletionBlocked).with("count", open));
        }
    }
    let mut tx = cx.begin();
    let request = identity::settle_data_request(&mut tx, request, command.done, command.answer).await?;
    if deletes {
        identity::erase_account(&mut tx, account).await?;
        services::order::erase_contacts(&mut tx, account).await?;
        visits::erase_visits(&mut tx, account).await?;
        organizations::check_in::erase_check_ins(&mut tx, account).await?;
        grids::resident::settle_linked(&mut tx, account, command.resident).await?;
        grids::consent::erase_consents(&mut tx, account).await?;
        connect::wechat::erase_binding(&mut tx, account).await?;
    }
    let request = tx.commit(request).await?;
    if deletes {
        call.identity.forget(cx, account);
    }
    Ok(request)
}
