//! The routes of `/api/v1`, one file a resource.

mod accounts;
mod addresses;
mod applications;
mod attachments;
mod catalogue;
mod checklists;
mod consents;
mod diaries;
mod duties;
mod events;
mod grids;
mod hotline_orders;
mod hotlines;
mod household_links;
mod households;
mod jobs;
pub(crate) mod lists;
mod mediation;
mod opinions;
mod order_batches;
mod orders;
mod organization_links;
mod organizations;
mod own_data;
mod receptions;
mod regions;
mod residents;
mod sessions;
pub(crate) mod system;
mod tags;
mod volunteers;
mod webhooks;
mod wechat;

mod patrols;
mod posts;
mod snapshots;
mod visit_campaigns;
mod visits;

mod admission;
mod alliances;
mod check_ins;
mod partnerships;
mod points;
mod venues;
mod whistles;

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
        organization_links::routes,
        organizations::routes,
        posts::routes,
        volunteers::routes,
        mediation::routes,
        receptions::routes,
        diaries::routes,
        opinions::routes,
        attachments::routes,
        jobs::routes,
        accounts::routes,
        applications::routes,
        sessions::routes,
        events::routes,
        webhooks::routes,
        wechat::routes,
        hotlines::routes,
        hotline_orders::routes,
        household_links::routes,
        checklists::routes,
        visit_campaigns::routes,
        visits::routes,
        snapshots::routes,
        patrols::routes,
        system::routes,
        tags::routes,
        consents::routes,
        own_data::routes,
        venues::routes,
        alliances::routes,
        partnerships::routes,
        admission::routes,
        check_ins::routes,
        points::routes,
        whistles::routes,
    ] {
        config.configure(routes);
    }
}
