//! The routes of `/api/v1`, one file a resource.

mod accounts;
mod catalogue;
mod duties;
mod events;
mod grids;
mod mediation;
mod orders;
mod organizations;
mod regions;
mod sessions;
pub(crate) mod system;
mod volunteers;

use crate::routes::ServiceConfig;

pub(crate) fn routes(config: &mut ServiceConfig) {
    for routes in [
        orders::routes,
        catalogue::routes,
        regions::routes,
        duties::routes,
        grids::routes,
        organizations::routes,
        volunteers::routes,
        mediation::routes,
        accounts::routes,
        sessions::routes,
        events::routes,
        system::routes,
    ] {
        config.configure(routes);
    }
}
