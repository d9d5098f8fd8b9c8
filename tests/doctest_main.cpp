// tests/doctest_main.cpp — the main function of every C++ test program
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
