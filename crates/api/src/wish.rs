//! What a client wishes to have of a read: `fields`, only these; `expand`, what these refer to as well.
//!
//! Both work on the answer that a handler gave, by the allow list that the contract has of its view, so that no handler
//! knows of them. What is expanded is read with the caller's own rights, one query for each kind and page; what they may
//! not see is left out, as if it were not there.

use crate::call::Worker;
use actix_web::{
    HttpResponse,
    body::MessageBody,
    dev::ServiceRequest,
    http::{StatusCode, Uri, header},
    web,
};
use kernel::{Actor, Code, Cx, Error, RegionCode, Result};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// What can be referred to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Kind {
    Region,
    Grid,
    Item,
    Organization,
}

/// A reference that views have: its name in `expand`, the field that holds it, what it refers to, the views that have it
/// where not all with such a field do, and what it is.
#[derive(Debug)]
struct Reference {
    name: &'static str,
    field: &'static str,
    kind: Kind,
    only: Option<&'static str>,
    what: &'static str,
}

const fn everywhere(name: &'static str, field: &'static str, kind: Kind, what: &'static str) -> Reference {
    Reference { name, field, kind, only: None, what }
}

/// The one list of what can be expanded.
static REFERENCES: [Reference; 7] = [
    everywhere("region", "region_code", Kind::Region, "The region that it lies in (区划)."),
    everywhere("grid", "grid_id", Kind::Grid, "The grid that it lies in, without its boundary (网格)."),
    everywhere("item", "item_id", Kind::Item, "The service item, in the version that it was sorted under (服务事项)."),
    everywhere("organization", "organization_id", Kind::Organization, "The organization (组织)."),
    Reference {
        only: Some("Order"),
        ..everywhere("lead_organization", "lead", Kind::Organization, "The organization that leads, if it is one (主办组织).")
    },
    Reference {
        only: Some("Grid"),
        ..everywhere("parent_grid", "parent_id", Kind::Grid, "The grid that it lies in, without its boundary (上级网格).")
    },
    Reference {
        only: Some("Organization"),
        ..everywhere("parent_organization", "parent_id", Kind::Organization, "The organization above it (上级组织).")
    },
];

/// What the answer of an operation shows, as far as one may choose.
#[derive(Debug)]
pub(crate) struct View {
    /// Its schema.
    name: String,
    fields: BTreeSet<String>,
    /// Whether it is a list of them.
    list: bool,
    expandable: Vec<&'static Reference>,
}

impl View {
    /// The view of a read; nothing for what is no read, or has no fields.
    pub(crate) fn of(document: &Value, path: &str, method: &str, operation: &Value) -> Option<Self> {
        if method != "get" || !path.starts_with("/api/") {
            return None;
        }
        let schema = |reference: &Value| {
            let name = reference["$ref"].as_str()?;
            document.pointer(name.trim_start_matches('#')).map(|schema| (name.rsplit('/').next().unwrap_or_default().to_owned(), schema))
        };
        let (mut name, mut view) = schema(&operation["responses"]["200"]["content"]["application/json"]["schema"])?;
        let items = schema(&view["properties"]["items"]["items"]);
        let list = items.is_some();
        if let Some(item) = items {
            (name, view) = item;
        }
        let fields: BTreeSet<String> = view["properties"].as_object()?.keys().filter(|f| *f != EXPANDED).cloned().collect();
        let offered = |r: &Reference| fields.contains(r.field) && r.only.is_none_or(|only| only == name);
        let expandable =
            if operation["x-permission"] == "public" { Vec::new() } else { REFERENCES.iter().filter(|r| offered(r)).collect() };
        Some(Self { name, fields, list, expandable })
    }

    fn refuse(name: &str, there_is: impl std::fmt::Display) -> Error {
        Error::new(Code::QueryParameterInvalid).with("reason", format!("{name}: {there_is}"))
    }

    fn wish(&self, query: &str) -> Result<Wish> {
        let parameters = web::Query::<HashMap<String, String>>::from_query(query);
        let mut parameters = parameters
            .map_err(|e| Error::new(Code::QueryParameterInvalid).with("reason", "it is no text").because(e.to_string()))?
            .into_inner();
        let mut wish = Wish { list: self.list, ..Wish::default() };
        if let Some(told) = parameters.remove("fields") {
            let fields: BTreeSet<String> = told.split(',').map(str::to_owned).collect();
            if let Some(unknown) = fields.iter().find(|f| !self.fields.contains(*f)) {
                return Err(Self::refuse("fields", format_args!("there is no field {unknown}")));
            }
            wish.fields = Some(fields);
        }
        if let Some(told) = parameters.remove("expand") {
            for name in told.split(',') {
                let reference = self.expandable.iter().find(|r| r.name == name);
                wish.expand.push(reference.ok_or_else(|| Self::refuse("expand", format_args!("there is no reference {name}")))?);
            }
        }
        Ok(wish)
    }
}

/// What one client wishes.
#[derive(Default)]
pub(crate) struct Wish {
    list: bool,
    fields: Option<BTreeSet<String>>,
    expand: Vec<&'static Reference>,
}

impl Wish {
    /// Reads it from the query, and takes it away there: a handler knows only its own parameters.
    pub(crate) fn take(req: &mut ServiceRequest, view: Option<&View>) -> Result<Option<Self>> {
        let Some(view) = view else { return Ok(None) };
        let (mine, others): (Vec<&str>, Vec<&str>) =
            req.query_string().split('&').partition(|p| p.starts_with("fields=") || p.starts_with("expand="));
        if mine.is_empty() {
            return Ok(None);
        }
        let wish = view.wish(&mine.join("&"))?;
        let rest = format!("{}?{}", req.path(), others.join("&"));
        let mut parts = req.uri().clone().into_parts();
        parts.path_and_query = Some(rest.trim_end_matches('?').parse().map_err(Error::internal)?);
        req.head_mut().uri = Uri::from_parts(parts).map_err(Error::internal)?;
        Ok(Some(wish))
    }

    /// The answer as it was wished for.
    pub(crate) async fn fulfil(&self, worker: &Worker, actor: Option<Arc<Actor>>, response: HttpResponse) -> Result<HttpResponse> {
        let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if response.status() != StatusCode::OK || !json {
            return Ok(response);
        }
        let (response, body) = response.into_parts();
        let Ok(mut bytes) = body.try_into_bytes() else { return Err(Error::internal("a JSON answer is no stream")) };
        if let Some(actor) = actor.filter(|_| !self.expand.is_empty()) {
            bytes = self.expanded(&Cx::new(worker.core.clone(), actor), &bytes).await?.into();
        }
        if let Some(fields) = &self.fields {
            bytes = each(&bytes, self.list, |view| {
                view.0.retain(|(name, _)| fields.contains(name) || name == EXPANDED);
                Ok(())
            })?
            .into();
        }
        Ok(response.set_body(bytes).map_into_boxed_body())
    }

    async fn expanded(&self, cx: &Cx, body: &[u8]) -> Result<Vec<u8>> {
        let references = &self.expand;
        let mut wanted: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
        each(body, self.list, |view| {
            for reference in references {
                wanted.entry(reference.kind).or_default().extend(reference.found(view));
            }
            Ok(())
        })?;
        let mut known: HashMap<(Kind, String), Box<RawValue>> = HashMap::new();
        for (kind, ids) in wanted.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            known.extend(kind.read(cx, &ids).await?.into_iter().map(|(id, view)| ((kind, id), view)));
        }
        each(body, self.list, |view| {
            let found =
                references.iter().filter_map(|r| Some((r.name.to_owned(), Cow::Borrowed(&**known.get(&(r.kind, r.found(view)?))?))));
            let found = raw(&Fields(found.collect()))?;
            view.0.push((EXPANDED.to_owned(), Cow::Owned(found)));
            Ok(())
        })
    }
}

impl Reference {
    /// The id that a view refers to by this.
    fn found(&self, view: &Fields) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Told {
            Id(String),
            Party { kind: String, id: String },
        }
        let value = &view.0.iter().find(|(name, _)| name == self.field)?.1;
        match serde_json::from_str(value.get()).ok()? {
            Told::Id(id) => Some(id),
            Told::Party { kind, id } => (kind == "organization").then_some(id),
        }
    }
}

impl Kind {
    const fn schema(self) -> &'static str {
        match self {
            Self::Region => "Region",
            Self::Grid => "Grid",
            Self::Item => "ServiceItem",
            Self::Organization => "Organization",
        }
    }

    /// Those of these ids that there are and that the caller may see.
    async fn read(self, cx: &Cx, ids: &BTreeSet<String>) -> Result<Vec<(String, Box<RawValue>)>> {
        fn read<T: DeserializeOwned>(ids: &BTreeSet<String>) -> Vec<T> {
            ids.iter().filter_map(|id| serde_json::from_value(json!(id)).ok()).collect()
        }
        fn told<T: Serialize>(views: Vec<T>, id: impl Fn(&T) -> String) -> Result<Vec<(String, Box<RawValue>)>> {
            views.iter().map(|view| Ok((id(view), raw(view)?))).collect()
        }
        match self {
            Self::Region => told(grids::regions_named(cx, &read::<RegionCode>(ids)).await?, |r| r.code.to_string()),
            Self::Grid => told(grids::grids_named(cx, &read(ids)).await?, |g| g.id.to_string()),
            Self::Item => told(services::catalogue::versions_named(cx, &read(ids)).await?, |i| i.id.to_string()),
            Self::Organization => told(organizations::organizations_named(cx, &read(ids)).await?, |o| o.id.to_string()),
        }
    }
}

/// The field of a view that holds what was expanded.
const EXPANDED: &str = "expanded";

/// A JSON object whose values are left as they are written.
struct Fields<'a>(Vec<(String, Cow<'a, RawValue>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    fields.push((name, Cow::Borrowed(value)));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(value).map_err(Error::internal)
}

/// The answer with each view in it changed: the one, or those of a page.
fn each(body: &[u8], list: bool, mut change: impl FnMut(&mut Fields) -> Result<()>) -> Result<Vec<u8>> {
    let mut whole: Fields = serde_json::from_slice(body).map_err(Error::internal)?;
    if list {
        for (_, items) in whole.0.iter_mut().filter(|(name, _)| name == "items") {
            let text = items.clone().into_owned();
            let mut views: Vec<Fields> = serde_json::from_str(text.get()).map_err(Error::internal)?;
            views.iter_mut().try_for_each(&mut change)?;
            *items = Cow::Owned(raw(&views)?);
        }
    } else {
        change(&mut whole)?;
    }
    serde_json::to_vec(&whole).map_err(Error::internal)
}

/// Says in the contract what may be wished for.
pub(crate) fn describe(document: &mut Value) {
    let whole = document.clone();
    let mut expanding = BTreeSet::new();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let Some(view) = View::of(&whole, path, method, operation) else { continue };
            let mut parameters = vec![parameter("fields", FIELDS.to_owned())];
            if !view.expandable.is_empty() {
                let names: Vec<_> = view.expandable.iter().map(|r| format!("`{}`", r.name)).collect();
                parameters.push(parameter("expand", format!("{EXPAND} Any of {}, comma-separated.", names.join(", "))));
                expanding.insert(view.name);
            }
            match operation["parameters"].as_array_mut() {
                Some(all) => all.extend(parameters),
                None => operation["parameters"] = Value::Array(parameters),
            }
        }
    }
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for view in expanding {
        schemas[&view]["properties"][EXPANDED] =
            json!({ "$ref": SCHEMA, "description": "What it refers to (展开的引用); only with `expand`." });
    }
    let properties = REFERENCES.iter().map(|r| {
        let schema = json!({ "$ref": format!("#/components/schemas/{}", r.kind.schema()), "description": r.what });
        (r.name.to_owned(), schema)
    });
    let description = "What something refers to (展开的引用): what was asked for, as far as it is there and the caller may see it.";
    let schema = json!({ "type": "object", "description": description, "properties": Value::Object(properties.collect()) });
    schemas.insert("Expanded".to_owned(), schema);
    schemas.sort_keys();
}

const SCHEMA: &str = "#/components/schemas/Expanded";
const FIELDS: &str =
    "Only these fields of it (字段裁剪), comma-separated: any that stand at its top. What is required is then absent unless it is named.";
const EXPAND: &str = "What it refers to comes with it in `expanded` (展开引用), as far as the caller may see it.";

fn parameter(name: &str, description: String) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description,
        "schema": { "type": "string", "maxLength": 1000, "pattern": "^[a-z_]+(,[a-z_]+)*$" },
    })
}
