#include "csandbox.h"

const int csandbox_version = CSANDBOX_VERSION;
