// libunbound: the validating resolver's library (Debian's libunbound-dev).
#include <unbound.h>
