package routing

// Turns is turns for tests.
var Turns = turns
