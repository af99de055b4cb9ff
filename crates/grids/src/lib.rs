//! Administrative regions and the grids beneath a community.
