//! The gate of the façade: its key may stand among its parameters, in the query or in the form, and parameters that it does not
//! know are passed over, as clients of this standard expect.

use super::format::PLACE;
use crate::{
    call::Worker,
    contract::Operation,
    gate::{self, Admitted},
    turns::Turn,
};
use actix_multipart::{Multipart, MultipartError};
use actix_web::{
    HttpMessage,
    dev::ServiceRequest,
    http::{
        Method, Uri,
        header::{self, HeaderMap},
    },
    web::Bytes,
};
use connect::open311::Fields;
use futures_util::{StreamExt, stream};
use kernel::{Code, Error, Result};

/// The most bytes of a field that is no file.
const LONGEST_FIELD: usize = 64 * 1024;
const REHEARSALS: &str = "/open311/test/";

/// What was sent: fields from the query and the form, and files.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) fields: Fields,
    pub(crate) photos: Vec<Vec<u8>>,
}

/// That a request looks at everything and keeps nothing.
#[derive(Clone, Copy)]
pub(crate) struct Rehearsal;

/// The test endpoint is the other one, with nothing kept.
pub(crate) fn rehearse(req: &mut ServiceRequest) {
    let Some(rest) = req.path().strip_prefix(REHEARSALS) else { return };
    let query = req.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = req.uri().clone().into_parts();
    let Ok(path) = format!("{PLACE}v2/{rest}{query}").parse() else { return };
    parts.path_and_query = Some(path);
    let Ok(uri) = Uri::from_parts(parts) else { return };
    req.match_info_mut().get_mut().update(&uri);
    req.head_mut().uri = uri;
    req.extensions_mut().insert(Rehearsal);
}

/// Whether a request brings files.
pub(crate) fn has_files(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"))
}

/// Reads query and form, and finds out who asks.
pub(crate) async fn admit<'a>(
    req: &mut ServiceRequest,
    worker: &'a Worker,
    operation: &'static Operation,
    turn: &mut Option<Turn<'a>>,
) -> Result<Admitted> {
    let mut sent = Sent::default();
    read_pairs(&mut sent.fields, req.query_string().as_bytes())?;
    if operation.method != Method::POST {
        req.extensions_mut().insert(sent);
        return Ok(Admitted::default());
    }
    let told = match gate::presented(req.headers())? {
        Some(presented) => Some(presented),
        None => key(&sent.fields)?,
    };
    if let Some(presented) = &told {
        gate::identify(req, worker, operation, presented).await?;
    }
    // Whoever has not said yet who they are holds up nobody but others of that kind.
    let body = gate::body(req, worker, operation, turn, told.is_some()).await?;
    read_form(&mut sent, req.headers(), &body).await?;
    if told.is_none() {
        let presented = key(&sent.fields)?.ok_or_else(|| Error::new(Code::ApiKeyMissing))?;
        gate::identify(req, worker, operation, &presented).await?;
    }
    let key = gate::idempotency_key(req, worker, &body)?;
    if let Some(key) = &key {
        req.extensions_mut().insert(key.clone());
    }
    req.extensions_mut().insert(sent);
    Ok(Admitted { key, ..Admitted::default() })
}

/// The key among the parameters.
fn key(fields: &Fields) -> Result<Option<String>> {
    match fields.get("api_key") {
        Some(key) if key.starts_with("lk_") => Ok(Some(key.to_owned())),
        Some(_) => Err(Error::new(Code::ApiKeyInvalid)),
        None => Ok(None),
    }
}

fn read_pairs(fields: &mut Fields, text: &[u8]) -> Result<()> {
    form_urlencoded::parse(text).try_for_each(|(name, value)| fields.add(name.into_owned(), value.into_owned()))
}

async fn read_form(sent: &mut Sent, headers: &HeaderMap, body: &Bytes) -> Result<()> {
    if has_files(headers) {
        let parts = Multipart::new(headers, stream::iter([Ok::<_, actix_web::error::PayloadError>(body.clone())]));
        return read_parts(sent, parts).await;
    }
    let plain = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_ascii_lowercase());
    let form = plain.as_ref().is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded"));
    // What has no body may say everything in its query.
    if !form && !body.is_empty() {
        return Err(Error::new(Code::FormUrlencodedExpected));
    }
    if std::str::from_utf8(body).is_err() {
        return Err(Error::new(Code::FormMalformed).with("reason", "not UTF-8"));
    }
    read_pairs(&mut sent.fields, body)
}

async fn read_parts(sent: &mut Sent, mut parts: Multipart) -> Result<()> {
    let malformed = |reason: &str| Error::new(Code::FormMalformed).with("reason", reason);
    let unread = |e: MultipartError| malformed("its parts cannot be told apart").because(e.to_string());
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(unread)?;
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.content_disposition().is_some_and(|told| told.get_filename().is_some());
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            bytes.extend_from_slice(&chunk.map_err(unread)?);
            if !file && bytes.len() > LONGEST_FIELD {
                return Err(malformed("a field is too long"));
            }
        }
        if file {
            // A form of a page sends an empty file where none was chosen.
            sent.photos.extend(Some(bytes).filter(|bytes| !bytes.is_empty()));
        } else {
            let text = String::from_utf8(bytes).map_err(|e| malformed("a field is not UTF-8").because(e))?;
            sent.fields.add(name, text)?;
        }
    }
    Ok(())
}
