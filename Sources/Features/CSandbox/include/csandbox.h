/// Applying a policy to the calling process; used by steward-launch, and by the server to find out what the machine can do.
#pragma once

/// The version of the policy's words.
#define CSANDBOX_VERSION 1
