//! Open311 GeoReport v2: the way by which other cities' programs, reporting apps and FixMyStreet ask for services and look what
//! became of it. A façade: what it calls a service is an entry of our catalogue, a request an order, an update an event.
//!
//! What is public there is what [`services::order::open`] shows. Who asks for a service is an application with
//! `order.place_on_behalf`; it places for its users, whose names stay with those who do the work. Updates go both ways, as
//! mySociety has extended the standard: ours are read from the event log, theirs become comments or take a request back.
//!
//! [`Fields`] reads what clients send, [`view`] has the shapes that they are told; `api` knows about formats, keys and statuses.

mod fields;
mod view;

pub use fields::Fields;
pub use view::*;

use fields::invalid;
use files::Files;
use kernel::{
    Code, Cx, Error, RegionCode, RegionLevel, Result,
    check::{dialable, worded},
    geo::Point,
    id::OrderId,
};
use services::{
    catalogue::{self, Reporting},
    order::{
        Contact,
        open::{self, ListOpenRequests, ListOpenUpdates, PlaceOpenRequest, UpdateOpenRequest},
    },
};

/// Since when the façade is as it is.
const CHANGESET: &str = "2026-11-27T00:00:00Z";
/// What it speaks.
const SPECIFICATION: &str = "http://wiki.open311.org/GeoReport_v2";
/// The media types that it answers in.
const FORMATS: [&str; 2] = ["text/xml", "application/json"];
/// The most requests that can be asked for by their numbers at once.
const MOST_NUMBERS: usize = 200;
/// The most photos, sent along or by their addresses, that one request takes.
const MOST_PHOTOS: usize = 10;

/// Where everything is (服务发现), for a server that is reached at `base`.
#[must_use]
pub fn discovery(base: &str) -> Open311Discovery {
    let endpoint = |kind: &str, path: &str| Open311Endpoint {
        specification: SPECIFICATION.to_owned(),
        url: format!("{base}{path}"),
        changeset: CHANGESET.to_owned(),
        kind: kind.to_owned(),
        formats: FORMATS.map(str::to_owned).to_vec(),
    };
    Open311Discovery {
        changeset: CHANGESET.to_owned(),
        contact: format!("本服务器的运营方 (whoever runs this server); {base}/docs/"),
        key_service: "由街道或区县工作人员登记应用并签发 API 密钥。 Street or district staff enter the application and issue its key: \
                      POST /api/v1/applications, POST /api/v1/applications/{id}/credentials."
            .to_owned(),
        endpoints: vec![endpoint("production", "/open311/v2"), endpoint("test", "/open311/test")],
    }
}

/// What can be asked for (服务列表), in a jurisdiction or anywhere.
///
/// # Errors
/// `jurisdiction_not_found`; `database_unavailable`.
pub async fn services(cx: &Cx, fields: &Fields) -> Result<Vec<Open311Service>> {
    let items = catalogue::reported(cx, jurisdiction(cx, fields).await?).await?;
    let above: Vec<String> = items.iter().filter_map(|item| item.parent_code.clone()).collect();
    let names = catalogue::called(cx, &above).await?;
    Ok(items.iter().map(|item| Open311Service::of(item, item.parent_code.as_ref().and_then(|code| names.get(code)))).collect())
}

/// What a service asks besides (服务定义).
///
/// # Errors
/// `service_item_not_found`; `jurisdiction_not_found`.
pub async fn definition(cx: &Cx, code: &str, fields: &Fields) -> Result<Open311ServiceDefinition> {
    let region = jurisdiction(cx, fields).await?;
    let item = catalogue::get_service_item(cx, code).await?;
    let offered = item.reporting != Reporting::None && region.is_none_or(|region| item.region_code.covers(region));
    if offered { Ok(item.into()) } else { Err(Error::new(Code::ItemNotFound)) }
}

/// Requests (诉求列表): those with the numbers that are asked for, whatever else is said; else those that were placed in a time, or
/// changed in it, which has at most 90 days and ends now unless told.
///
/// # Errors
/// `content_invalid`, `times_too_far_apart`, `page_too_far` for what cannot be asked; `jurisdiction_not_found`.
pub async fn requests(cx: &Cx, fields: &Fields) -> Result<Vec<Open311Request>> {
    let numbers = numbers(fields)?;
    if !numbers.is_empty() {
        return Ok(open::find(cx, &numbers).await?.into_iter().map(Open311Request::from).collect());
    }
    let now = cx.now();
    let (offset, limit) = fields.page()?;
    let created = fields.between("start_date", "end_date", now)?;
    let updated = fields.between("updated_after", "updated_before", now)?;
    let latest = (now - chrono::Duration::days(fields::LONGEST_DAYS), now + chrono::Duration::seconds(1));
    let filter = ListOpenRequests {
        region_code: jurisdiction(cx, fields).await?,
        item_codes: fields.list("service_code"),
        open: status(fields)?,
        created: if updated.is_none() { Some(created.unwrap_or(latest)) } else { created },
        updated,
        offset,
        limit,
    };
    Ok(open::list(cx, &filter).await?.into_iter().map(Open311Request::from).collect())
}

/// One request (诉求详情), as a list of one.
///
/// # Errors
/// `order_not_found`, also for what nobody is shown.
pub async fn request(cx: &Cx, number: &str) -> Result<Vec<Open311Request>> {
    let found: Vec<Open311Request> = open::find(cx, &[number.to_owned()]).await?.into_iter().map(Open311Request::from).collect();
    if found.is_empty() { Err(Error::new(Code::OrderNotFound)) } else { Ok(found) }
}

/// The number behind a token (令牌查询), as a list of one.
///
/// # Errors
/// `order_not_found`.
pub async fn token(cx: &Cx, token: &str) -> Result<Vec<Open311Token>> {
    let id: OrderId = token.parse().map_err(|e| Error::new(Code::OrderNotFound).because(e))?;
    Ok(vec![Open311Token { service_request_id: open::by_token(cx, id).await?, token: id.to_string() }])
}

/// What happened to requests (进展列表), oldest first; unless told, within the last day, to requests that are named within 90.
///
/// # Errors
/// `content_invalid`, `times_too_far_apart`, `page_too_far` for what cannot be asked; `jurisdiction_not_found`.
pub async fn updates(cx: &Cx, fields: &Fields) -> Result<Vec<Open311Update>> {
    let now = cx.now();
    let (offset, limit) = fields.page()?;
    let numbers = numbers(fields)?;
    let days = if numbers.is_empty() { 1 } else { fields::LONGEST_DAYS };
    let latest = (now - chrono::Duration::days(days), now + chrono::Duration::seconds(1));
    let (from, to) = fields.between("start_date", "end_date", now)?.unwrap_or(latest);
    let filter = ListOpenUpdates { region_code: jurisdiction(cx, fields).await?, numbers, from, to, offset, limit };
    Ok(open::updates(cx, &filter).await?.into_iter().map(Open311Update::from).collect())
}

/// Asks for a service (提交诉求). A rehearsal looks at everything and keeps nothing.
///
/// # Errors
/// `content_invalid` for fields that are missing or do not fit; `service_item_not_found`; `jurisdiction_not_found`,
/// `jurisdiction_vague`; `location_missing`; `permission_missing`; those of placing an order and of uploading a file.
pub async fn submit(cx: &Cx, files: &Files, fields: &Fields, photos: Vec<Vec<u8>>, rehearsal: bool) -> Result<Vec<Open311Receipt>> {
    let item_code = fields.needed("service_code", 32)?;
    let point = fields.point()?;
    let address = fields.text("address_string", 200)?;
    if fields.get("address_id").is_some() && point.is_none() && address.is_none() {
        return Err(invalid("address_id", "lat and long, or address_string: no list of addresses is kept for outside systems"));
    }
    if photos.len() > MOST_PHOTOS {
        return Err(invalid("media", &format!("at most {MOST_PHOTOS} files")));
    }
    let region = community(cx, fields.jurisdiction()?, point).await?;
    let mut command = PlaceOpenRequest {
        item_code,
        description: words(fields)?,
        answers: fields.answers(),
        links: links(fields)?,
        point,
        contact: Contact { name: name(fields)?, phone: phone(fields)?, address },
        attachment_ids: Vec::new(),
    };
    if !photos.is_empty() {
        open::check(cx, region, &command).await?;
        // A repeated request must not leave its files behind a second time.
        if cx.replay().await?.is_some() {
            return Err(Error::new(Code::IdempotencyKeySeen));
        }
        let alone = cx.clone().with_key(None);
        for photo in photos.into_iter().filter(|_| !rehearsal) {
            command.attachment_ids.push(files::upload(files, &alone, photo, None, false).await?.id);
        }
    }
    open::place(cx, region, command, rehearsal, |receipt| vec![Open311Receipt::from(receipt)]).await
}

/// Adds to a request, or takes it back (外部更新): see `services::order::open`.
///
/// # Errors
/// `content_invalid` for fields that are missing or do not fit; `order_not_found`; `not_the_requester`; `permission_missing`;
/// `order_state_conflict`.
pub async fn update(cx: &Cx, fields: &Fields, rehearsal: bool) -> Result<Vec<Open311UpdateReceipt>> {
    jurisdiction(cx, fields).await?;
    // When it happened there makes no difference to when we are told of it, but a client that writes nonsense should know.
    fields.time("updated_datetime")?;
    let external_id = if fields.get("update_id").is_some() { "update_id" } else { "update_id_ext" };
    let lines: Vec<String> = words(fields)?.into_iter().chain(links(fields)?.into_iter().map(|link| format!("图片:{link}"))).collect();
    let note = Some(lines.join("\n")).filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > open::LONGEST_CONTENT) {
        let params = vec![("min", "0".to_owned()), ("max", open::LONGEST_CONTENT.to_string())];
        return Err(Error::field_with("#/description", Code::FieldLength, params));
    }
    let command = UpdateOpenRequest {
        number: fields.needed("service_request_id", 40)?,
        external_id: fields.text(external_id, 100)?,
        closes: fields.get("status").map(closes).transpose()?,
        note,
    };
    open::update(cx, command, rehearsal, |number, version| vec![Open311UpdateReceipt::of(number, version)]).await
}

/// What a field is called in Open311, that the domain points at by its own name.
#[must_use]
pub fn parameter(pointer: &str) -> &str {
    match pointer.trim_start_matches("#/") {
        "item_code" => "service_code",
        "region_code" => "jurisdiction_id",
        "point" => "lat",
        "contact/address" => "address_string",
        "contact/name" => "last_name",
        "contact/phone" => "phone",
        "note" => "description",
        attachment if attachment.starts_with("attachment_ids") => "media",
        same => same,
    }
}

/// The region that is asked about, if there is or was one.
async fn jurisdiction(cx: &Cx, fields: &Fields) -> Result<Option<RegionCode>> {
    let region = fields.jurisdiction()?.filter(|region| *region != RegionCode::COUNTRY);
    if let Some(region) = region {
        grids::get_region(cx, region).await.map_err(unknown)?;
    }
    Ok(region)
}

/// The community that a request lies in: the jurisdiction itself, or the one within it that has the point in one of its grids. Where
/// nothing is said, the jurisdiction is where the application may act.
async fn community(cx: &Cx, jurisdiction: Option<RegionCode>, point: Option<Point>) -> Result<RegionCode> {
    let region = jurisdiction.or(cx.actor.program.as_ref().map(|program| program.region)).unwrap_or(RegionCode::COUNTRY);
    if region != RegionCode::COUNTRY {
        grids::require_open(cx, region).await.map_err(unknown)?;
    }
    if region.level() == RegionLevel::Community {
        return Ok(region);
    }
    let grid = match point {
        Some(point) => grids::locate(cx, point, None).await.map_err(|e| e.at("#/point"))?,
        None => None,
    };
    let found = grid.map(|grid| grid.region_code).filter(|community| region.covers(*community));
    found.ok_or_else(|| Error::new(Code::JurisdictionVague).at("#/jurisdiction_id"))
}

fn unknown(error: Error) -> Error {
    match error.code {
        Code::RegionNotFound | Code::RegionUnknown | Code::RegionClosed => Error::new(Code::JurisdictionNotFound).because(error),
        _ => error,
    }
}

fn numbers(fields: &Fields) -> Result<Vec<String>> {
    let numbers = fields.list("service_request_id");
    if numbers.len() > MOST_NUMBERS { Err(invalid("service_request_id", &format!("at most {MOST_NUMBERS}"))) } else { Ok(numbers) }
}

/// Whether only those that are open are asked for, or only those that are closed.
fn status(fields: &Fields) -> Result<Option<bool>> {
    let mut told = None;
    for word in fields.list("status") {
        let open = match word.to_ascii_lowercase().as_str() {
            "open" => true,
            "closed" => false,
            _ => return Err(invalid("status", "open or closed")),
        };
        if told.replace(open).is_some_and(|other| other != open) {
            return Ok(None);
        }
    }
    Ok(told)
}

/// Whether a status of mySociety's is one of the closed ones.
fn closes(word: &str) -> Result<bool> {
    match word.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
        "open" | "in_progress" | "planned" | "action_scheduled" | "investigating" | "reopen" | "for_triage" => Ok(false),
        "closed" | "fixed" | "duplicate" | "not_councils_responsibility" | "no_further_action" | "internal_referral" => Ok(true),
        _ => Err(invalid("status", "OPEN, CLOSED, or one of mySociety's words")),
    }
}

fn words(fields: &Fields) -> Result<Option<String>> {
    let text = fields.text("description", open::LONGEST_CONTENT)?;
    let read = |text: &String| worded(text).map_err(|e| invalid("description", "there is nothing to be read").because(e));
    text.as_ref().map(read).transpose()?;
    Ok(text)
}

fn links(fields: &Fields) -> Result<Vec<String>> {
    let links: Vec<String> = fields.all("media_url").map(str::to_owned).collect();
    let fine = |link: &String| {
        let web =
            link.get(..8).is_some_and(|start| start.to_ascii_lowercase().starts_with("http://") || start.eq_ignore_ascii_case("https://"));
        web && link.len() <= 500 && !link.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    if links.len() <= MOST_PHOTOS && links.iter().all(fine) {
        Ok(links)
    } else {
        Err(invalid("media_url", &format!("at most {MOST_PHOTOS} http or https addresses of at most 500 characters")))
    }
}

/// Who asked: a Chinese name without a space, any other with one.
fn name(fields: &Fields) -> Result<Option<String>> {
    let (first, last) = (fields.text("first_name", 32)?, fields.text("last_name", 32)?);
    let name = match (first, last) {
        (Some(first), Some(last)) if first.is_ascii() || last.is_ascii() => format!("{first} {last}"),
        (Some(first), Some(last)) => format!("{last}{first}"),
        (Some(name), None) | (None, Some(name)) => name,
        (None, None) => return Ok(None),
    };
    if name.chars().count() > 32 || worded(&name).is_err() {
        return Err(invalid("last_name", "a name of at most 32 characters"));
    }
    Ok(Some(name))
}

/// A phone, however it is written.
fn phone(fields: &Fields) -> Result<Option<String>> {
    let Some(written) = fields.text("phone", 40)? else { return Ok(None) };
    let phone: String = written.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '\u{ff08}' | '\u{ff09}' | '.')).collect();
    if (3..=20).contains(&phone.len()) && dialable(&phone).is_ok() { Ok(Some(phone)) } else { Err(invalid("phone", "a phone number")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add((*name).to_owned(), (*value).to_owned()).expect("few fields");
        }
        fields
    }

    #[test]
    fn people_are_called_as_they_are_at_home() {
        let called = |first: &str, last: &str| name(&read(&[("first_name", first), ("last_name", last)])).map_err(|e| e.code);
        assert_eq!(called("三", "张"), Ok(Some("张三".to_owned())));
        assert_eq!(called("Ada", "Lovelace"), Ok(Some("Ada Lovelace".to_owned())));
        assert_eq!(called("", "张三"), Ok(Some("张三".to_owned())));
        assert_eq!(called("", ""), Ok(None));
        assert_eq!(called(&"A".repeat(20), &"B".repeat(20)), Err(Code::ContentInvalid));
        let dialled = |written: &str| phone(&read(&[("phone", written)])).map_err(|e| e.code);
        assert_eq!(dialled("(0511) 8801-0000"), Ok(Some("05118801-0000".to_owned())));
        assert_eq!(dialled("138 1234 1234"), Ok(Some("13812341234".to_owned())));
        assert_eq!(dialled("call me"), Err(Code::ContentInvalid));
    }

    #[test]
    fn a_status_is_open_closed_or_refused() {
        let asked = |word: &str| status(&read(&[("status", word)])).map_err(|e| e.code);
        assert_eq!((asked("open"), asked("CLOSED"), asked("")), (Ok(Some(true)), Ok(Some(false)), Ok(None)));
        assert_eq!((asked("open,closed"), asked("closed,closed"), asked("half")), (Ok(None), Ok(Some(false)), Err(Code::ContentInvalid)));
        for (word, closed) in [("OPEN", false), ("In Progress", false), ("FIXED", true), ("no_further_action", true)] {
            assert_eq!(closes(word).map_err(|e| e.code), Ok(closed), "{word}");
        }
        assert!(closes("gone").is_err());
    }

    #[test]
    fn a_photo_lies_in_the_web() {
        let taken = |link: &str| links(&read(&[("media_url", link)])).is_ok();
        assert!(taken("https://photos.example.org/1.jpg") && taken("HTTP://photos.example.org/1") && taken(""));
        for bad in ["ftp://x", "javascript:alert(1)", "https//x", "/etc/passwd", "https://a b", "photo"] {
            assert!(!taken(bad), "{bad}");
        }
    }

    #[test]
    fn both_endpoints_speak_both_formats() {
        let told = discovery("https://linli.example.org");
        let kinds: Vec<_> = told.endpoints.iter().map(|e| (e.kind.as_str(), e.url.as_str(), e.formats.len())).collect();
        assert_eq!(
            kinds,
            [("production", "https://linli.example.org/open311/v2", 2), ("test", "https://linli.example.org/open311/test", 2)]
        );
        assert!(told.endpoints.iter().all(|e| e.specification == SPECIFICATION && !e.changeset.is_empty()));
    }
}
