//! What every file of routes uses.

pub(crate) use crate::{
    body::Body,
    call::{Call, Public},
    problem::{Problem, ReadProblems, SignInProblems, TokenProblems, UploadProblems, WechatProblems, WriteProblems},
    routes::ServiceConfig,
};
pub(crate) use actix_web::{HttpResponse, delete, get, post};
pub(crate) use kernel::{Page, PageQuery, RegionCode};

/// A path parameter.
pub(crate) type Path<T> = actix_web::web::Path<T>;
/// The query of a request.
pub(crate) type Query<T> = actix_web::web::Query<T>;
/// What a handler gives back.
pub(crate) type Answer = Result<HttpResponse, Problem>;

/// 200 with this body.
pub(crate) fn ok(view: impl serde::Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(view))
}

/// 201 with this body.
pub(crate) fn created(view: impl serde::Serialize) -> Answer {
    Ok(HttpResponse::Created().json(view))
}

/// 204: done, nothing to say.
pub(crate) fn no_content() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}
