//! The contract: the OpenAPI document as the routes themselves tell it, tidied, and the table of
//! operations that the gate reads from it. What is not in the contract is not served.

use crate::{
    bounds,
    conditions::{self, Conditions},
    deprecation::{self, Deprecation},
    links,
    problem::{FieldProblem, Open311Error, ProblemBody},
    shape,
    wish::{self, View},
};
use actix_web::http::{Method, header::HeaderMap};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};
use utoipa::openapi::{
    ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    server::ServerBuilder,
    tag::TagBuilder,
};

/// The chapters of the contract.
const TAGS: [(&str, &str); 26] = [
    ("orders", "订单: place 点单 → triage 受理 → dispatch 派单 → accept 接单 → complete 办结 → evaluate 评单 → close 销号."),
    ("catalogue", "服务清单: categories 大类, subcategories 小类, items 事项, and the policies that differ by place."),
    ("regions", "区划: province 省, city 市, county 县, township 街道, community 社区."),
    ("grids", "网格: what lies beneath a community."),
    ("residents", "居民: addresses 地址, households 户 and residents 居民, with their personal data 个人信息."),
    ("organizations", "组织 and who belongs to them."),
    ("venues", "阵地: where people are served, their hours, their map and the circles around them."),
    ("departments", "What 部门 bring into communities (准入清单), must do there (职责清单), and are called to (吹哨报到)."),
    ("check_ins", "双报到: where members live and work, and their points (党员积分)."),
    ("volunteers", "接单人: volunteers 志愿者 and party members 党员 who take orders."),
    ("mediation", "人民调解: cases and their course."),
    (
        "visits",
        "走访: campaigns and visits, opinions 意见建议 and their outcome, household plans 一户一策, diaries 民情日记, reception days 接待日.",
    ),
    ("attachments", "附件: photos, recordings, documents: uploaded by themselves, then used."),
    (
        "jobs",
        "任务: imports 导入 from spreadsheets and exports 导出 of lists, with their progress 进度 and what is wrong by row and column.",
    ),
    ("accounts", "账号 and grants 授权."),
    ("applications", "应用: programs that may call, their credentials 凭据, tokens, agreements on personal data and usage."),
    ("sessions", "登录: tokens, refresh, sign-out, first set-up."),
    ("events", "事件: the change feed 事件流, its catalogue 事件目录, what a webhook says."),
    ("webhooks", "推送: endpoints 推送地址 that are told of events, and what became of each message."),
    (
        "open311",
        "开放诉求接口: Open311 GeoReport v2 for reporting apps of other makers, in JSON and XML, with that standard's own refusals. At `/open311/test` the same is rehearsed, and nothing kept.",
    ),
    ("wechat", "微信小程序: sign-in, subscribe messages 订阅消息, content checks 内容检测, QR codes 小程序码, message push 消息推送."),
    (
        "hotlines",
        "热线: hotlines 12345 and their work orders 热线工单, what they are told 回传, reconciliation 对账 and the three rates 三率.",
    ),
    ("system", "系统: health, keys, this document."),
    ("snapshots", "随手拍: what residents send with a photo, and what patrols 巡查 find."),
    ("own_data", "个人信息权利: what is held about oneself 本人数据, consents 同意, requests to correct or delete 更正、删除."),
    (
        "alliances",
        "联盟: organizations that act together, their rotating chair 轮值主席, joint meetings 联席会议, offers and needs 双向服务清单.",
    ),
];

/// One operation, as far as the gate needs it.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) path: String,
    segments: Vec<String>,
    pub(crate) method: Method,
    pub(crate) public: bool,
    /// Whether its body is a form with a file.
    pub(crate) raw: bool,
    /// Whether its body holds many commands.
    pub(crate) batch: bool,
    /// Whether it is about so much at once that it may take as long as a batch.
    pub(crate) long: bool,
    /// Whether it keeps the habits of Open311 instead of ours.
    pub(crate) open311: bool,
    pub(crate) conditions: Conditions,
    /// What a program needs one of; none if it is for people only.
    pub(crate) scopes: Vec<kernel::Permission>,
    pub(crate) deprecation: Option<Deprecation>,
    /// What a client may choose of its answer.
    pub(crate) view: Option<View>,
    /// The parameters of its query, with the most characters that each may have.
    query: BTreeMap<String, Lengths>,
    /// The schema of its body; null when it takes none.
    body: Value,
}

impl Operation {
    /// Whether its body may be large and its work long: many commands, much at once, or a form with files.
    pub(crate) fn is_long(&self, headers: &HeaderMap) -> bool {
        self.batch || self.long || (self.raw && (!self.open311 || crate::open311::has_files(headers)))
    }

    /// Refuses the first query parameter that the operation does not know, that is repeated, too long, empty where it may not be, or
    /// that holds U+0000.
    pub(crate) fn refuse_query(&self, query: &str) -> Option<kernel::Error> {
        let mut seen = BTreeSet::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let invalid = |reason: String| Some(kernel::Error::new(kernel::Code::QueryParameterInvalid).with("reason", reason));
            if name.contains('\0') || value.contains('\0') {
                return invalid(format!("{} holds U+0000", name.replace('\0', "")));
            }
            let Some(Lengths { filled, longest }) = self.query.get(&*name) else {
                return Some(kernel::Error::new(kernel::Code::QueryParameterUnknown).with("name", name));
            };
            if value.chars().count() > *longest {
                return invalid(format!("{name} has at most {longest} characters"));
            }
            if *filled && value.is_empty() {
                return invalid(format!("{name} says something or is left out"));
            }
            if !seen.insert(name.clone()) {
                return Some(kernel::Error::new(kernel::Code::QueryParameterRepeated).with("name", name));
            }
        }
        None
    }
}

/// Where a request leads.
pub(crate) enum Found {
    Operation(&'static Operation),
    WrongMethod(String),
    Nothing,
}

/// The contract, ready to be served and asked.
pub(crate) struct Contract {
    pub(crate) json: String,
    /// What is left of it to look up: the schemas that bodies are made of.
    bodies: Value,
    by_length: HashMap<usize, Vec<Operation>>,
}

impl Contract {
    /// The contract, made when first asked for: it is the same for every server of the process.
    pub(crate) fn of_this_build() -> &'static Self {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::new);
        &CONTRACT
    }

    fn new() -> Self {
        let mut document = document();
        let mut by_length: HashMap<usize, Vec<Operation>> = HashMap::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let conditions = Conditions::of(&document, path, method, operation);
                let view = View::of(&document, path, method, operation);
                let Ok(method) = method.to_uppercase().parse() else { continue };
                let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
                let query = operation["parameters"].as_array().into_iter().flatten();
                let query =
                    query.filter(|p| p["in"] == "query").filter_map(|p| Some((p["name"].as_str()?.to_owned(), Lengths::of(&p["schema"]))));
                let query = query.collect();
                let public = operation["x-permission"] == "public";
                let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
                let body = operation["requestBody"]["content"]["application/json"]["schema"].clone();
                let raw = operation["requestBody"]["content"].get("multipart/form-data").is_some();
                let scopes = crate::scopes::read(operation);
                by_length.entry(segments.len()).or_default().push(Operation {
                    id,
                    path: path.clone(),
                    segments,
                    method,
                    public,
                    raw,
                    batch: operation.get("x-batch").is_some(),
                    long: operation["x-long"] == true,
                    open311: path.starts_with("/open311/"),
                    conditions,
                    scopes,
                    deprecation: Deprecation::of(operation),
                    view,
                    query,
                    body,
                });
            }
        }
        // Literal segments win over placeholders: /grids/locate before /grids/{id}.
        for operations in by_length.values_mut() {
            operations.sort_by_key(|o| o.segments.iter().filter(|s| s.starts_with('{')).count());
        }
        let json = pretty(&document);
        let sent = sent(&document);
        let mut schemas = document["components"]["schemas"].take();
        if let Some(schemas) = schemas.as_object_mut() {
            schemas.retain(|name, _| sent.contains(name));
        }
        Self { json, bodies: json!({"components": {"schemas": schemas}}), by_length }
    }

    /// The first place of a body that has an array where the operation's schema says object, as a JSON pointer.
    pub(crate) fn stray_array(&self, operation: &Operation, body: &Value) -> Option<String> {
        shape::stray_array(&self.bodies, &operation.body, body)
    }

    pub(crate) fn find(&'static self, method: &Method, path: &str) -> Found {
        let segments: Vec<&str> = path.split('/').collect();
        let fits = |o: &&Operation| o.segments.iter().zip(&segments).all(|(want, got)| matches(want, got));
        let mut matches = self.by_length.get(&segments.len()).into_iter().flatten().filter(fits).peekable();
        let Some(path) = matches.peek().map(|o| &o.path) else { return Found::Nothing };
        let same_path: Vec<&Operation> = matches.filter(|o| &o.path == path).collect();
        match same_path.iter().find(|o| o.method == *method) {
            Some(operation) => Found::Operation(operation),
            None => Found::WrongMethod(same_path.iter().map(|o| o.method.as_str()).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Whether a segment of a request fits one of the contract: `requests.{format}` has something behind the dot.
fn matches(want: &str, got: &str) -> bool {
    match (want.split_once('{'), want.rsplit_once('}')) {
        (Some((before, _)), Some((_, after))) => got.len() > before.len() + after.len() && got.starts_with(before) && got.ends_with(after),
        _ => want == got,
    }
}

/// The document as JSON text, as it is committed and served.
pub(crate) fn pretty(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// The document.
pub(crate) fn document() -> Value {
    let mut contract = frame();
    crate::routes::describe(&mut contract);
    let mut document = serde_json::to_value(contract).unwrap_or_default();
    share_pages(&mut document);
    inline_scalars(&mut document);
    drop_nulls_from_answers(&mut document);
    open_free_objects(&mut document);
    secure(&mut document);
    wish::describe(&mut document);
    conditions::describe(&mut document);
    crate::scopes::describe(&mut document);
    deprecation::describe(&mut document);
    connect::catalogue::describe_webhooks(&mut document);
    let sent = sent(&document);
    bounds::add(&mut document, &sent);
    links::add(&mut document);
    document
}

fn frame() -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(
        "The access token (访问令牌): a JWT, issued and verified by RFC8725. One algorithm (EdDSA), one issuer, one audience, good for 15 minutes.",
    ));
    let bearer = bearer.build();
    let components = ComponentsBuilder::new()
        .schema_from::<ProblemBody>()
        .schema_from::<FieldProblem>()
        .schema_from::<Open311Error>()
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Linli")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(include_str!("contract.md")))
                .contact(Some(ContactBuilder::new().name(Some("The developers of Linli (邻里)")).build()))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
                .build(),
        )
        .servers(Some([ServerBuilder::new()
            .url("/")
            .description(Some("The server that gave you this document, in production or in a test"))
            .build()]))
        .tags(Some(TAGS.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build())))
        .components(Some(components))
        .build()
}

/// utoipa writes `Page<Order>` as `Page_Order` with the whole order inside; this puts the reference
/// back and gives the page its name, `OrderPage`.
fn share_pages(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let pages: Vec<String> = schemas.keys().filter(|k| k.starts_with("Page_")).cloned().collect();
    let mut renamed = BTreeMap::new();
    for page in pages {
        let item = page["Page_".len()..].to_owned();
        if let Some(mut schema) = schemas.remove(&page) {
            schema["properties"]["items"]["items"] = json!({ "$ref": format!("#/components/schemas/{item}") });
            schemas.insert(format!("{item}Page"), schema);
        }
        renamed.insert(format!("#/components/schemas/{page}"), format!("#/components/schemas/{item}Page"));
    }
    let mut sorted: Vec<_> = std::mem::take(schemas).into_iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    schemas.extend(sorted);
    walk(document, &mut |node| {
        if let Some(new) = node.get("$ref").and_then(Value::as_str).and_then(|r| renamed.get(r)) {
            node.insert("$ref".to_owned(), json!(new));
        }
    });
}

/// An id or a region code is a string with a pattern, not a class of its own: the reference to it is replaced
/// by what it says, and the description of the field that refers to it stays.
fn inline_scalars(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let mut scalars = HashMap::new();
    schemas.retain(|name, schema| {
        let scalar = schema["type"] == "string" && schema.get("enum").is_none();
        if scalar {
            scalars.insert(format!("#/components/schemas/{name}"), schema.clone());
        }
        !scalar
    });
    walk(document, &mut |node| {
        let Some(Value::Object(scalar)) = node.get("$ref").and_then(Value::as_str).and_then(|r| scalars.get(r)) else { return };
        node.remove("$ref");
        for (name, value) in scalar {
            node.entry(name.clone()).or_insert_with(|| value.clone());
        }
    });
}

/// The schemas that requests are made of.
fn sent(document: &Value) -> BTreeSet<String> {
    let mut sent = BTreeSet::new();
    let mut to_read: Vec<Value> = Vec::new();
    for operation in document["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object()).flatten().map(|(_, o)| o)
    {
        to_read.push(operation["requestBody"].clone());
    }
    while let Some(mut schema) = to_read.pop() {
        let mut names = Vec::new();
        walk(&mut schema, &mut |node| names.extend(node.get("$ref").and_then(Value::as_str).map(str::to_owned)));
        for name in names {
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            if sent.insert(name.clone()) {
                to_read.push(document["components"]["schemas"][&name].clone());
            }
        }
    }
    sent
}

/// Answers leave absent fields out and never say null, so their schemas do not either. What a client
/// sends keeps `null`, because serde takes it for "absent".
fn drop_nulls_from_answers(document: &mut Value) {
    let sent = sent(document);
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        // The façade says null where its clients expect a field.
        let answer = !sent.contains(name) && !name.starts_with("Open311");
        walk(schema, &mut |node| {
            if let Some(types) = node.get("type").and_then(Value::as_array).filter(|_| answer) {
                let types: Vec<Value> = types.iter().filter(|t| *t != "null").cloned().collect();
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    node.insert("type".to_owned(), only);
                }
            }
            // `oneOf: [X, null]` is X where null cannot be; a description beside it stays.
            let Some([first, second]) = node.get("oneOf").and_then(Value::as_array).map(Vec::as_slice) else { return };
            let only = match (first["type"] == "null", second["type"] == "null") {
                (true, false) => second.clone(),
                (false, true) => first.clone(),
                _ => return,
            };
            if answer && let Value::Object(only) = only {
                node.remove("oneOf");
                node.extend(only);
            }
        });
    }
}

/// An object of which the contract names no field may have any: said aloud, because generators read its silence as "none".
fn open_free_objects(document: &mut Value) {
    walk(document, &mut |node| {
        let object = node.get("type").is_some_and(|t| t == "object" || t.as_array().is_some_and(|types| types.contains(&json!("object"))));
        if object && !node.contains_key("properties") {
            node.entry("additionalProperties").or_insert(json!(true));
        }
    });
}

/// What holds for all operations: a description and the headers of every answer, bearer unless `x-permission` is "public", and
/// an optional Idempotency-Key on every signed-in POST.
fn secure(document: &mut Value) {
    document["servers"][0]["x-internal"] = json!(false);
    document["components"]["headers"] = json!({
        "RetryAfter": {
            "description": "Seconds after which it may be tried again.", "required": true,
            "schema": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 86400 },
        },
        "Authenticate": { "description": "How to sign in (RFC 6750).", "required": true, "schema": { "type": "string", "enum": ["Bearer", "Basic realm=\"linli\""] } },
        "Replayed": {
            "description": "That this is the stored answer to an earlier request with the same `Idempotency-Key` (重放).",
            "schema": { "type": "string", "const": "true" },
        },
    });
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            order_extensions(operation);
            let public = operation["x-permission"] == "public";
            for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
                if response["description"].as_str().unwrap_or_default().is_empty() {
                    response["description"] = json!(match status.as_str() {
                        "201" => "Made (已创建).",
                        "204" => "Done; there is nothing to say (已完成).",
                        _ => "Done (成功).",
                    });
                }
            }
            let keyed = method == "post" && !public;
            for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
                let header = match status.as_str() {
                    "401" => Some(("WWW-Authenticate", "Authenticate")),
                    "429" | "503" | "507" => Some(("Retry-After", "RetryAfter")),
                    s if keyed && s.starts_with('2') => Some(("Idempotency-Replayed", "Replayed")),
                    _ => None,
                };
                if let Some((name, component)) = header {
                    response["headers"][name] = json!({ "$ref": format!("#/components/headers/{component}") });
                }
            }
            operation["security"] = if public { json!([]) } else { json!([{ "bearer": [] }]) };
            if keyed {
                let key = json!({
                    "name": "Idempotency-Key", "in": "header", "required": false,
                    "description": "Makes the request safe to repeat for 72 hours (幂等键).",
                    "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
                });
                match operation["parameters"].as_array_mut() {
                    Some(parameters) => parameters.push(key),
                    None => operation["parameters"] = json!([key]),
                }
            }
        }
    }
}

/// utoipa gives the extensions of an operation in an order of chance.
fn order_extensions(operation: &mut Value) {
    let Some(operation) = operation.as_object_mut() else { return };
    let mut names: Vec<String> = operation.keys().filter(|name| name.starts_with("x-")).cloned().collect();
    names.sort_unstable();
    for name in names {
        if let Some(extension) = operation.shift_remove(&name) {
            operation.insert(name, extension);
        }
    }
}

/// How long a query parameter may be.
#[derive(Debug)]
struct Lengths {
    /// Whether it must say something when it is there.
    filled: bool,
    /// In characters.
    longest: usize,
}

impl Lengths {
    fn of(schema: &Value) -> Self {
        Self {
            filled: schema["minLength"].as_u64().is_some_and(|n| n > 0),
            longest: schema["maxLength"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX),
        }
    }
}

/// What a reference refers to.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    document.pointer(reference.trim_start_matches('#'))
}

pub(crate) fn walk(node: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match node {
        Value::Object(map) => {
            visit(map);
            map.values_mut().for_each(|v| walk(v, visit));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| walk(v, visit)),
        _ => {}
    }
}
