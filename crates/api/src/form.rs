//! A form with one file (`multipart/form-data`), as `wx.uploadFile` sends it.

use crate::problem::Problem;
use actix_multipart::{Multipart, MultipartError};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use futures_util::{StreamExt, future::LocalBoxFuture};
use kernel::error::{Code, Error};
use std::collections::BTreeMap;

/// The most bytes of a field that is no file.
const LONGEST_FIELD: usize = 1024;

/// A form that has been read. The gate has read the body and bounded it.
pub(crate) struct Form {
    /// What is in the field `file`.
    pub(crate) file: Vec<u8>,
    /// The other fields.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Form {
    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.fields.remove(name).filter(|v| !v.is_empty())
    }

    /// Refuses the fields that nobody took.
    pub(crate) fn finish(self) -> kernel::Result<Vec<u8>> {
        match self.fields.into_keys().next() {
            Some(name) => Err(Error::field_with(format!("#/{}", crate::body::escape(&name)), Code::FieldUnknown, vec![("name", name)])),
            None => Ok(self.file),
        }
    }
}

impl FromRequest for Form {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = req.content_type() == "multipart/form-data";
        let parts = Multipart::new(req.headers(), payload.take());
        Box::pin(async move {
            if !form {
                return Err(Error::new(Code::FormExpected).into());
            }
            Ok(read(parts).await?)
        })
    }
}

async fn read(mut parts: Multipart) -> kernel::Result<Form> {
    let malformed = |reason: &str| Error::new(Code::FormMalformed).with("reason", reason);
    let unread = |e: MultipartError| malformed("its parts cannot be told apart").because(e.to_string());
    let (mut file, mut fields) = (None, BTreeMap::new());
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(unread)?;
        let name = part.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            bytes.extend_from_slice(&chunk.map_err(unread)?);
            if name != "file" && bytes.len() > LONGEST_FIELD {
                return Err(malformed("a field is too long"));
            }
        }
        let twice = if name == "file" {
            file.replace(bytes).is_some()
        } else {
            let text = String::from_utf8(bytes).map_err(|e| malformed("a field is not UTF-8").because(e))?;
            if text.contains('\0') || name.contains('\0') {
                return Err(Error::new(Code::NulCharacter));
            }
            fields.insert(name, text).is_some()
        };
        if twice {
            return Err(malformed("a field is given twice"));
        }
    }
    let missing = || Error::field_with("#/file", Code::FieldMissing, vec![("name", "file".to_owned())]);
    Ok(Form { file: file.filter(|f| !f.is_empty()).ok_or_else(missing)?, fields })
}
