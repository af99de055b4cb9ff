//! The routes of `/api/v1`, one file a resource.

mod accounts;
mod addresses;
mod applications;
mod attachments;
mod catalogue;
mod diaries;
mod duties;
mod events;
mod grids;
mod hotline_orders;
mod hotlines;
mod households;
mod mediation;
mod opinions;
mod order_batches;
mod orders;
mod organizations;
mod receptions;
mod regions;
mod residents;
mod sessions;
pub(crate) mod system;
mod volunteers;
mod webhooks;
mod wechat;

use crate::routes::ServiceConfig;

pub(crate) fn routes(config: &mut ServiceConfig) {
    for routes in [
        order_batches::routes,
        orders::routes,
        catalogue::routes,
        regions::routes,
        duties::routes,
        grids::routes,
        addresses::routes,
        households::routes,
        residents::routes,
        organizations::routes,
        volunteers::routes,
        mediation::routes,
        receptions::routes,
        diaries::routes,
        opinions::routes,
        attachments::routes,
        accounts::routes,
        applications::routes,
        sessions::routes,
        events::routes,
        webhooks::routes,
        wechat::routes,
        hotlines::routes,
        hotline_orders::routes,
        system::routes,
    ] {
        config.configure(routes);
    }
}
