/* Which calls a script may not make (rules.c), and the checks of those that depend on their arguments (checks.c). */
#pragma once

#include "assembler.h"
#include "csandbox.h"

/* A call goes to a place of the filter rather than through. */
struct call_rule {
  unsigned number;
  place to;
};

#define RULES_LIMIT 512

struct call_rules {
  struct call_rule list[RULES_LIMIT];
  size_t count;
};

/* Adds the rule of a call; no call has two. */
void call_rule_add(struct call_rules *rules, unsigned number, place to);

/* Every rule for these circumstances. */
void call_rules_make(struct call_rules *rules, const struct csandbox_calls *calls, struct assembler *out, place allow);

/* The rules of calls whose arguments decide (checks.c). */
void call_checks_make(struct call_rules *rules, const struct csandbox_calls *calls, struct assembler *out, place allow);

/* The rules of sockets (sockets.c). */
void call_sockets_make(struct call_rules *rules, const struct csandbox_calls *calls, struct assembler *out, place allow);

/* The low word of an argument: what an `int` is taken from. */
size_t argument_low(unsigned index);
