//! Diaries (民情日记) and their templates.

use crate::prelude::*;
use kernel::id::{DiaryId, DiaryTemplateId};
use visits::diary::{
    self, BeginDiary, CloseDiary, CreateDiaryTemplate, Diary, DiaryTemplate, ListDiaries, ListDiaryTemplates, RecordDiaryStep,
    UpdateDiaryTemplate,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_diary_templates)
        .service(create_diary_template)
        .service(get_diary_template)
        .service(update_diary_template)
        .service(list_diaries)
        .service(begin_diary)
        .service(get_diary)
        .service(record_diary_step)
        .service(close_diary);
}

/// List templates of diaries (民情日记模板列表)
///
/// The current versions; with `region_code` (区划) those used there: its own, and those of the regions above it.
#[utoipa::path(tag = "visits", operation_id = "list_diary_templates", params(ListDiaryTemplates),
    responses((status = 200, body = Page<DiaryTemplate>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/diary_templates")]
async fn list_diary_templates(call: Call, query: Query<ListDiaryTemplates>) -> Answer {
    ok(diary::list_diary_templates(&call.cx, query.into_inner()).await?)
}

/// Write a template of diaries (新建民情日记模板)
///
/// Which steps (步骤) there are, such as the seven of 民情日记七步工作法, is the place's own.
#[utoipa::path(tag = "visits", operation_id = "create_diary_template",
    request_body(content = CreateDiaryTemplate, example = json!({
        "region_code": "321182000000", "name": "民情日记", "in_order": true,
        "steps": [
            { "code": "1", "name": "第一步", "guidance": "本地自定", "required": true },
            { "code": "2", "name": "第二步", "required": true }
        ]
    })),
    responses((status = 201, body = DiaryTemplate), WriteProblems), extensions(("x-permission" = json!("diary.manage"))))]
#[post("/diary_templates")]
async fn create_diary_template(call: Call, body: Body<CreateDiaryTemplate>) -> Answer {
    created(diary::create_diary_template(&call.cx, body.0).await?)
}

/// Read a template of diaries (查询民情日记模板)
///
/// Its current version (现行版本).
#[utoipa::path(tag = "visits", operation_id = "get_diary_template", params(("id" = DiaryTemplateId, Path, description = "Template id (模板编号)")),
    responses((status = 200, body = DiaryTemplate), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/diary_templates/{id}")]
async fn get_diary_template(call: Call, id: Path<DiaryTemplateId>) -> Answer {
    ok(diary::get_diary_template(&call.cx, *id).await?)
}

/// Change a template of diaries (修改民情日记模板)
///
/// A new version (版本) begins; diaries keep the one that they were begun with.
#[utoipa::path(tag = "visits", operation_id = "update_diary_template", params(("id" = DiaryTemplateId, Path, description = "Template id (模板编号)")),
    request_body(content = UpdateDiaryTemplate, example = json!({ "name": "民情日记(2027版)", "version": 1 })),
    responses((status = 200, body = DiaryTemplate), WriteProblems), extensions(("x-permission" = json!("diary.manage"))))]
#[post("/diary_templates/{id}")]
async fn update_diary_template(call: Call, id: Path<DiaryTemplateId>, body: Body<UpdateDiaryTemplate>) -> Answer {
    ok(diary::update_diary_template(&call.cx, *id, body.0).await?)
}

/// List diaries (民情日记列表)
///
/// Those where the caller holds `diary.read`, or one's own; without what was written in them (记录).
#[utoipa::path(tag = "visits", operation_id = "list_diaries", params(ListDiaries),
    responses((status = 200, body = Page<Diary>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/diaries")]
async fn list_diaries(call: Call, query: Query<ListDiaries>) -> Answer {
    ok(diary::list_diaries(&call.cx, query.into_inner()).await?)
}

/// Begin a diary (记民情日记)
///
/// By the current version of a template (模板) that is used in the community.
#[utoipa::path(tag = "visits", operation_id = "begin_diary",
    request_body(content = BeginDiary, example = json!({
        "template_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "region_code": "321182001017", "title": "12幢电动车飞线充电", "happened_on": "2026-11-15"
    })),
    responses((status = 201, body = Diary), WriteProblems), extensions(("x-permission" = json!("diary.write"))))]
#[post("/diaries")]
async fn begin_diary(call: Call, body: Body<BeginDiary>) -> Answer {
    created(diary::begin_diary(&call.cx, body.0).await?)
}

/// Read a diary (查询民情日记)
///
/// In full for its author (记录人) and with `opinion.read_personal`; for others phone and ID numbers are masked.
#[utoipa::path(tag = "visits", operation_id = "get_diary", params(("id" = DiaryId, Path, description = "Diary id (日记编号)")),
    responses((status = 200, body = Diary), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/diaries/{id}")]
async fn get_diary(call: Call, id: Path<DiaryId>) -> Answer {
    ok(diary::get_diary(&call.cx, *id).await?)
}

/// Write a step of a diary (记录步骤)
///
/// By the author or a colleague who may read it; written again, it is corrected. Where the template says so, the needed steps
/// before it come first (按序).
#[utoipa::path(tag = "visits", operation_id = "record_diary_step", params(("id" = DiaryId, Path, description = "Diary id (日记编号)")),
    request_body(content = RecordDiaryStep, example = json!({ "step": "1", "text": "入户了解情况,3户反映充电不便。", "version": 1 })),
    responses((status = 200, body = Diary), WriteProblems), extensions(("x-permission" = json!("diary.write"))))]
#[post("/diaries/{id}/steps")]
async fn record_diary_step(call: Call, id: Path<DiaryId>, body: Body<RecordDiaryStep>) -> Answer {
    ok(diary::record_diary_step(&call.cx, *id, body.0).await?)
}

/// Close a diary (办结民情日记)
///
/// When all needed steps (必填步骤) are written.
#[utoipa::path(tag = "visits", operation_id = "close_diary", params(("id" = DiaryId, Path, description = "Diary id (日记编号)")),
    request_body(content = CloseDiary, example = json!({ "version": 8 })),
    responses((status = 200, body = Diary), WriteProblems), extensions(("x-permission" = json!("diary.write"))))]
#[post("/diaries/{id}/close")]
async fn close_diary(call: Call, id: Path<DiaryId>, body: Body<CloseDiary>) -> Answer {
    ok(diary::close_diary(&call.cx, *id, body.0).await?)
}
