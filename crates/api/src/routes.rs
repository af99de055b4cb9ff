//! Where routes are named: once, for the workers that serve them and for the contract that describes them.
//!
//! A worker registers its routes and nothing else; only [`describe`] asks each for its paths and schemas, which is
//! megabytes of work for a document that is made once.

use actix_web::{App, dev::HttpServiceFactory, web};
use utoipa::openapi::{Components, OpenApi, path::Paths};
use utoipa_actix_web::OpenApiFactory;

/// Where a file of routes puts them.
pub(crate) struct ServiceConfig<'a> {
    actix: &'a mut web::ServiceConfig,
    prefix: &'static str,
    contract: Option<&'a mut OpenApi>,
}

impl ServiceConfig<'_> {
    pub(crate) fn service(&mut self, route: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        if let Some(contract) = &mut self.contract {
            let mut paths = Paths::new();
            paths.paths.extend(route.paths().paths.into_iter().map(|(path, item)| (format!("{}{path}", self.prefix), item)));
            contract.paths.merge(paths);
            let mut schemas = Vec::new();
            route.schemas(&mut schemas);
            contract.components.get_or_insert_with(Components::new).schemas.extend(schemas);
        }
        self.actix.service(route);
        self
    }

    pub(crate) fn configure(&mut self, routes: impl FnOnce(&mut ServiceConfig)) -> &mut Self {
        routes(self);
        self
    }

    /// Routes whose paths begin with `prefix`.
    pub(crate) fn scope(&mut self, prefix: &'static str, routes: impl FnOnce(&mut ServiceConfig)) {
        let contract = self.contract.as_deref_mut();
        self.actix.service(web::scope(prefix).configure(|actix| routes(&mut ServiceConfig { actix, prefix, contract })));
    }
}

/// All of them, for a worker.
pub(crate) fn serve(actix: &mut web::ServiceConfig) {
    all(&mut ServiceConfig { actix, prefix: "", contract: None });
}

/// All of them, described in the contract.
pub(crate) fn describe(contract: &mut OpenApi) {
    drop(App::new().configure(|actix| all(&mut ServiceConfig { actix, prefix: "", contract: Some(contract) })));
}

fn all(config: &mut ServiceConfig) {
    crate::v1::system::outside(config);
    config.scope("/api/v1", crate::v1::routes);
    config.scope("/open311/v2", crate::open311::routes);
}
