#define NCAPINTS 2
