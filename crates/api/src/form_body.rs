//! A form without files (`application/x-www-form-urlencoded`), as OAuth 2.0 asks for tokens.

use crate::{body, call::Worker, problem::Problem};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Query};
use futures_util::future::LocalBoxFuture;
use kernel::error::{Code, Error};
use serde::de::DeserializeOwned;

/// A form that has been read.
pub(crate) struct FormBody<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for FormBody<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = req.content_type() == "application/x-www-form-urlencoded";
        let limit = Worker::of(req).settings.body_limit;
        let payload = payload.take();
        Box::pin(async move {
            if !form {
                return Err(Error::new(Code::FormUrlencodedExpected).into());
            }
            let bytes = body::collect(payload, limit, body::PATIENCE).await?;
            Ok(Self(parse(&bytes)?))
        })
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> kernel::Result<T> {
    let malformed = |reason: &str| Error::new(Code::FormMalformed).with("reason", reason);
    let text = std::str::from_utf8(bytes).map_err(|e| malformed("not UTF-8").because(e))?;
    if text.contains('\0') || text.contains("%00") {
        return Err(Error::new(Code::NulCharacter));
    }
    // The same encoding as that of a query.
    let read = Query::<T>::from_query(text).map_err(|e| {
        let reason = e.to_string();
        let reason = reason.split_once(": ").map_or(reason.as_str(), |(_, what)| what);
        malformed(&body::expected(reason)).because(e.to_string())
    })?;
    Ok(read.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::BuyToken;

    #[test]
    fn a_form_is_read_and_what_is_unknown_passed_over() {
        let read = |text: &str| parse::<BuyToken>(text.as_bytes()).map(|b| b.scope).map_err(|e| e.code);
        assert_eq!(read("grant_type=client_credentials&scope=order.read+order.place&x=y"), Ok(Some("order.read order.place".to_owned())));
        assert_eq!(read("grant_type=a&grant_type=b"), Err(Code::FormMalformed));
        assert_eq!(read("scope=a"), Err(Code::FormMalformed));
        assert_eq!(read("grant_type=%00"), Err(Code::NulCharacter));
        assert_eq!(parse::<BuyToken>(b"\xff").map(|b| b.scope).map_err(|e| e.code), Err(Code::FormMalformed));
    }
}
