//! People who take orders: volunteers and party members with skills and an area.
