#define _GNU_SOURCE
#include "csandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One record being read. */
struct record {
  const char *word, *value;
  size_t word_length, number;
  struct csandbox_policy *policy;
  struct csandbox_complaint *complaint;
};

static const char *const limit_names[CSANDBOX_LIMITS] = {"as", "data", "cpu", "files", "processes", "filesize"};
static const char *const network_names[] = {"none", "outbound", "listed"};
static const char *const namespace_names[] = {"user", "mount", "pid", "net", "ipc"};
static const char *const defence_names[] = {"identity", "privileges", "limits",    "files",  "ports",
                                            "signals",  "calls",      "supervision", "processes", "mounts",
                                            "network",  "ipc",        "cgroup"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *csandbox_defence_name(uint32_t defence) {
  for (size_t i = 0; i < COUNT(defence_names); i++)
    if (defence == 1U << i) return defence_names[i];
  return "?";
}

static int wrong(const struct record *record, const char *why) {
  return csandbox_complain(record->complaint, "policy: record %zu, %.*s '%.200s': %s", record->number,
                           (int)record->word_length, record->word, record->value, why);
}

/* Decimal digits and nothing else, up to `limit`; -1 otherwise. */
static int64_t number_of(const char *text, size_t length, int64_t limit) {
  int64_t number = 0;
  if (length == 0 || length > 19) return -1;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    int digit = text[i] - '0';
    if (number > (limit - digit) / 10) return -1;
    number = number * 10 + digit;
  }
  return number;
}

static int index_of(const char *text, size_t length, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0) return (int)i;
  return -1;
}

/* The next element of a growing array. Sizes double, so that a reallocation is due at powers of two. */
static void *grow(void **array, size_t count, size_t size) {
  if ((count & (count - 1)) == 0) {
    void *larger = realloc(*array, (count ? 2 * count : 1) * size);
    if (!larger) return NULL;
    *array = larger;
  }
  void *element = (char *)*array + count * size;
  memset(element, 0, size);
  return element;
}

static int read_identity(struct record *record, int64_t *place) {
  int64_t number = number_of(record->value, strlen(record->value), UINT32_MAX - 1);
  if (number < 0) return wrong(record, "not a number from 0 to 4294967294");
  if (*place != CSANDBOX_ABSENT) return wrong(record, "told twice");
  *place = number;
  return 0;
}

static int read_uid(struct record *record) { return read_identity(record, &record->policy->uid); }
static int read_gid(struct record *record) { return read_identity(record, &record->policy->gid); }

static int read_limit(struct record *record) {
  const char *space = strchr(record->value, ' ');
  if (!space) return wrong(record, "not a name and a number");
  int name = index_of(record->value, (size_t)(space - record->value), limit_names, CSANDBOX_LIMITS);
  if (name < 0) return wrong(record, "no such limit; there are as, data, cpu, files, processes, filesize");
  int64_t number = number_of(space + 1, strlen(space + 1), INT64_MAX);
  if (number < 0) return wrong(record, "not a number from 0 to 9223372036854775807");
  if (record->policy->limits[name] != CSANDBOX_ABSENT) return wrong(record, "told twice");
  record->policy->limits[name] = number;
  return 0;
}

static const char *path_fault(const char *path) {
  if (path[0] != '/') return "not an absolute path";
  return strlen(path) > 4095 ? "longer than a path can be" : NULL;
}

int csandbox_policy_add(struct csandbox_policy *policy, const char *path, enum csandbox_rights rights) {
  struct csandbox_path *place = grow((void **)&policy->paths, policy->path_count, sizeof *place);
  if (!place) return -1;
  *place = (struct csandbox_path){.path = path, .rights = rights};
  policy->path_count++;
  return 0;
}

static int read_path(struct record *record, enum csandbox_rights rights) {
  const char *fault = path_fault(record->value);
  if (fault) return wrong(record, fault);
  return csandbox_policy_add(record->policy, record->value, rights) == 0 ? 0 : wrong(record, "no memory");
}

static int read_readable(struct record *record) { return read_path(record, CSANDBOX_READ); }
static int read_writable(struct record *record) { return read_path(record, CSANDBOX_WRITE); }
static int read_device(struct record *record) { return read_path(record, CSANDBOX_DEVICE); }
static int read_hidden(struct record *record) { return read_path(record, CSANDBOX_HIDE); }

static int read_network(struct record *record) {
  int name = index_of(record->value, strlen(record->value), network_names, COUNT(network_names));
  if (name < 0) return wrong(record, "not one of none, outbound, listed");
  if ((int)record->policy->network != CSANDBOX_ABSENT) return wrong(record, "told twice");
  record->policy->network = (enum csandbox_network)name;
  return 0;
}

static int read_tcp(struct record *record, struct csandbox_destination *to) {
  const char *space = strchr(record->value, ' ');
  if (!space || space == record->value) return wrong(record, "not HOST PORT, unix PATH or anywhere");
  size_t length = (size_t)(space - record->value);
  if (length >= sizeof to->host) return wrong(record, "the host is longer than a name can be");
  int64_t port = number_of(space + 1, strlen(space + 1), 65535);
  if (port < 1) return wrong(record, "the port is not a number from 1 to 65535");
  memcpy(to->host, record->value, length);
  to->port = (uint16_t)port;
  return 0;
}

static int read_destination(struct record *record) {
  struct csandbox_destination to = {.kind = CSANDBOX_TO_TCP};
  if (strcmp(record->value, "anywhere") == 0) {
    to.kind = CSANDBOX_TO_ANYWHERE;
  } else if (strncmp(record->value, "unix ", 5) == 0) {
    to.kind = CSANDBOX_TO_UNIX;
    to.path = record->value + 5;
    const char *fault = path_fault(to.path);
    if (fault) return wrong(record, fault);
    if (strlen(to.path) > 107) return wrong(record, "longer than the path of a socket can be (107 bytes)");
  } else if (read_tcp(record, &to) != 0) {
    return -1;
  }
  struct csandbox_policy *policy = record->policy;
  struct csandbox_destination *place = grow((void **)&policy->destinations, policy->destination_count, sizeof to);
  if (!place) return wrong(record, "no memory");
  *place = to;
  policy->destination_count++;
  return 0;
}

/* Names with commas between them, as bits. */
static int read_names(struct record *record, const char *const *names, size_t count, uint32_t *bits, const char *fault) {
  if (*bits) return wrong(record, "told twice");
  for (const char *name = record->value;; name++) {
    size_t length = strcspn(name, ",");
    int index = index_of(name, length, names, count);
    if (index < 0) return wrong(record, fault);
    *bits |= 1U << index;
    name += length;
    if (!*name) return 0;
  }
}

static int read_namespaces(struct record *record) {
  return read_names(record, namespace_names, COUNT(namespace_names), &record->policy->namespaces,
                    "not names of user, mount, pid, net, ipc with commas between them");
}

static int read_required(struct record *record) {
  return read_names(record, defence_names, COUNT(defence_names), &record->policy->required,
                    "not names of defences with commas between them");
}

static int read_cgroup(struct record *record) {
  const char *fault = path_fault(record->value);
  if (fault) return wrong(record, fault);
  struct csandbox_policy *policy = record->policy;
  const char **place = grow((void **)&policy->cgroups, policy->cgroup_count, sizeof *place);
  if (!place) return wrong(record, "no memory");
  *place = record->value;
  policy->cgroup_count++;
  return 0;
}

static const struct {
  const char *word;
  int (*read)(struct record *record);
} words[] = {
    {"uid", read_uid},         {"gid", read_gid},         {"limit", read_limit},
    {"read", read_readable},   {"write", read_writable},  {"device", read_device},
    {"network", read_network}, {"to", read_destination},  {"namespaces", read_namespaces},
    {"cgroup", read_cgroup},   {"require", read_required}, {"hide", read_hidden},
};

static int read_record(const char *text, struct record *record) {
  const char *space = strchr(text, ' ');
  if (!space)
    return csandbox_complain(record->complaint, "policy: record %zu, '%.200s': not a word and a value", record->number,
                             text);
  record->word = text;
  record->word_length = (size_t)(space - text);
  record->value = space + 1;
  for (size_t i = 0; i < COUNT(words); i++)
    if (strlen(words[i].word) == record->word_length && memcmp(words[i].word, text, record->word_length) == 0)
      return words[i].read(record);
  if (record->word_length > 40) record->word_length = 40;
  return wrong(record, "unknown word; steward and steward-launch must be of one build");
}

/* What only the whole can tell. */
static int check_whole(struct csandbox_policy *policy, struct csandbox_complaint *complaint) {
  if ((int)policy->network == CSANDBOX_ABSENT) policy->network = CSANDBOX_NETWORK_NONE;
  if ((policy->uid == CSANDBOX_ABSENT) != (policy->gid == CSANDBOX_ABSENT))
    return csandbox_complain(complaint, "policy: uid and gid: one is told without the other");
  if (policy->destination_count && policy->network != CSANDBOX_NETWORK_LISTED)
    return csandbox_complain(complaint, "policy: to: told without 'network listed'");
  return 0;
}

int csandbox_policy_read(const char *bytes, size_t length, struct csandbox_policy *policy,
                         struct csandbox_complaint *complaint) {
  *policy = (struct csandbox_policy){.uid = CSANDBOX_ABSENT, .gid = CSANDBOX_ABSENT, .network = CSANDBOX_ABSENT};
  for (int i = 0; i < CSANDBOX_LIMITS; i++) policy->limits[i] = CSANDBOX_ABSENT;
  complaint->text[0] = 0;
  struct record record = {.policy = policy, .complaint = complaint};
  int result = 0;
  if (length > CSANDBOX_POLICY_LIMIT)
    result = csandbox_complain(complaint, "policy: longer than 1 MiB");
  else if (length && bytes[length - 1])
    result = csandbox_complain(complaint, "policy: the last record isn't ended by a NUL");
  for (size_t at = 0; at < length && result == 0; at += strlen(bytes + at) + 1) {
    record.number++;
    result = read_record(bytes + at, &record);
  }
  if (result == 0) result = check_whole(policy, complaint);
  if (result != 0) csandbox_policy_free(policy);
  return result;
}

void csandbox_policy_free(struct csandbox_policy *policy) {
  free(policy->paths);
  free(policy->destinations);
  free(policy->cgroups);
  policy->paths = NULL;
  policy->destinations = NULL;
  policy->cgroups = NULL;
  policy->path_count = policy->destination_count = policy->cgroup_count = 0;
}
