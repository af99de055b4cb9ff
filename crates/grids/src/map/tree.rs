//! The tree of all boundaries: an R-tree by the boxes around them.

use super::{
    Among, Hit, Shape,
    shape::{Spot, spot},
};
use kernel::{RegionCode, geo::Position, id::GridId};
use rstar::{AABB, Envelope, RTree, RTreeObject, SelectionFunction};
use std::collections::HashSet;

/// All boundaries in use.
pub(super) struct Tree(RTree<Shape>);

impl Tree {
    /// A tree of all of them at once, which packs them best.
    pub(super) fn new(shapes: Vec<Shape>) -> Self {
        Self(RTree::bulk_load(shapes))
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.0.size()
    }

    /// Takes those out that have changed, and puts in what has become of them.
    pub(super) fn replace(&mut self, changed: &HashSet<GridId>, shapes: Vec<Shape>) {
        // Where they lay is asked of the tree itself: a list beside it would cost memory all the time for what happens rarely.
        let old: Vec<_> = self.0.iter().filter(|s| changed.contains(&s.hit().id)).map(|s| (s.hit().id, s.envelope())).collect();
        for (id, envelope) in old {
            self.0.remove_with_selection_function(Is { id, envelope });
        }
        for shape in shapes {
            self.0.insert(shape);
        }
    }

    /// The grid that holds a place: the first by rank and then by age.
    pub(super) fn find(&self, at: Position, among: Among) -> Option<Hit> {
        self.first(at, among).map(Shape::hit)
    }

    /// Its community.
    pub(super) fn community(&self, at: Position) -> Option<RegionCode> {
        self.first(at, Among::All).map(Shape::region)
    }

    fn first(&self, at: Position, among: Among) -> Option<&Shape> {
        let at: Spot = spot(at);
        let counts = |shape: &&Shape| match among {
            Among::All => true,
            Among::Of(region) => shape.region() == region,
            Among::Except(region) => shape.region() != region,
        };
        let near = self.0.locate_in_envelope_intersecting(&AABB::from_point(at.map(f64::from)));
        near.filter(counts).filter(|shape| shape.holds(at)).min_by_key(|shape| shape.order())
    }
}

/// One grid, by where it lies.
struct Is {
    id: GridId,
    envelope: AABB<[f64; 2]>,
}

impl SelectionFunction<Shape> for Is {
    fn should_unpack_parent(&self, envelope: &AABB<[f64; 2]>) -> bool {
        envelope.contains_envelope(&self.envelope)
    }

    fn should_unpack_leaf(&self, leaf: &Shape) -> bool {
        leaf.hit().id == self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::GridKind;
    use kernel::RegionCode;
    use serde_json::{Value, json};
    use uuid::Uuid;

    fn id(n: u128) -> GridId {
        GridId(Uuid::from_u128(n))
    }

    fn home() -> RegionCode {
        "321182001017".parse().unwrap()
    }

    fn shape(n: u128, kind: GridKind, geometry: &Value) -> Shape {
        Shape::read(Hit { id: id(n), number: 1 }, home(), kind, &geometry.to_string()).unwrap()
    }

    fn ring(west: f64, south: f64, east: f64, north: f64) -> Value {
        json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
    }

    fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
        json!({ "type": "Polygon", "coordinates": [ring(west, south, east, north)] })
    }

    fn at(lng: f64, lat: f64) -> Position {
        Position { lng, lat }
    }

    fn found(tree: &Tree, lng: f64, lat: f64) -> Option<u128> {
        tree.find(at(lng, lat), Among::All).map(|hit| hit.id.0.as_u128())
    }

    #[test]
    fn a_place_on_an_edge_or_a_corner_is_inside() {
        use GridKind::Comprehensive as C;
        let tree = Tree::new(vec![shape(1, C, &square(119.81, 32.23, 119.82, 32.25)), shape(2, C, &square(119.82, 32.23, 119.83, 32.25))]);
        for (lng, lat, expected) in [
            (119.815, 32.24, Some(1)),
            (119.825, 32.24, Some(2)),
            // On the edge that both share: the older one.
            (119.82, 32.24, Some(1)),
            (119.81, 32.23, Some(1)),
            (119.83, 32.25, Some(2)),
            (119.83, 32.25 + 2e-7, None),
            (119.81 - 2e-7, 32.24, None),
        ] {
            assert_eq!(found(&tree, lng, lat), expected, "{lng} {lat}");
        }
        let slope = json!({ "type": "Polygon", "coordinates": [[[119.0, 32.0], [119.2, 32.1], [119.0, 32.2], [119.0, 32.0]]] });
        let tree = Tree::new(vec![shape(1, C, &slope)]);
        assert_eq!(found(&tree, 119.1, 32.05), Some(1), "the middle of a slanting edge");
        assert_eq!(found(&tree, 119.1, 32.05 - 2e-7), None);
    }

    #[test]
    fn holes_and_several_pieces() {
        let ring_in_ring = json!({ "type": "MultiPolygon", "coordinates": [
            [ring(119.80, 32.20, 119.90, 32.30), ring(119.82, 32.22, 119.88, 32.28)],
            [ring(119.84, 32.24, 119.86, 32.26)],
            [ring(120.00, 32.20, 120.01, 32.21)],
        ] });
        let tree = Tree::new(vec![shape(1, GridKind::Comprehensive, &ring_in_ring)]);
        for (lng, lat, inside) in [
            (119.81, 32.25, true),
            (119.83, 32.25, false),
            (119.85, 32.25, true),
            (119.82, 32.25, true),
            (120.005, 32.205, true),
            (119.95, 32.205, false),
        ] {
            assert_eq!(found(&tree, lng, lat).is_some(), inside, "{lng} {lat}");
        }
    }

    #[test]
    fn a_special_grid_comes_before_the_base_grid_and_that_before_small_ones() {
        use GridKind::{Comprehensive, Micro, Neighborhood, Special};
        let here = square(119.81, 32.23, 119.82, 32.25);
        let mut tree = Tree::new(vec![
            shape(1, Micro, &here),
            shape(2, Neighborhood, &here),
            shape(4, Comprehensive, &here),
            shape(3, Comprehensive, &here),
            shape(5, Special, &here),
        ]);
        for expected in [5, 3, 4, 2, 1] {
            assert_eq!(found(&tree, 119.815, 32.24), Some(expected));
            tree.replace(&HashSet::from([id(expected)]), Vec::new());
        }
        assert_eq!((found(&tree, 119.815, 32.24), tree.len()), (None, 0));
    }

    #[test]
    fn one_that_moves_is_found_where_it_is_now_among_many() {
        let cell = |n: u32| {
            let (x, y) = (119.0 + f64::from(n % 100) / 100.0, 32.0 + f64::from(n / 100) / 100.0);
            square(x, y, x + 0.01, y + 0.01)
        };
        let grids = (0..5_000).map(|n| shape(u128::from(n), GridKind::Comprehensive, &cell(n))).collect();
        let mut tree = Tree::new(grids);
        assert_eq!(found(&tree, 119.425, 32.135), Some(1_342));
        tree.replace(
            &HashSet::from([id(1_342), id(9_999)]),
            vec![shape(1_342, GridKind::Comprehensive, &square(125.0, 40.0, 125.1, 40.1))],
        );
        assert_eq!(found(&tree, 119.425, 32.135), None);
        assert_eq!(found(&tree, 125.05, 40.05), Some(1_342));
        assert_eq!(tree.len(), 5_000);
        let elsewhere = "321182001014".parse().unwrap();
        assert_eq!(tree.find(at(125.05, 40.05), Among::Of(elsewhere)), None);
        assert!(tree.find(at(125.05, 40.05), Among::Except(elsewhere)).is_some());
        assert_eq!(tree.find(at(125.05, 40.05), Among::Except(home())), None);
    }
}
