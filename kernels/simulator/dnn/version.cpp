#include "../library/library.h"

LIBRARY_CALL std::size_t cudnnGetVersion() { return 90500; }
