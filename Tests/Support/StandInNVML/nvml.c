/* A stand-in for NVIDIA's management library: the functions that the lane calls, answered from a text file that tests
 * rewrite while programs run. Built with: cc -shared -fPIC -O1 nvml.c -o libnvidia-ml.so.1
 *
 * The file is $STEWARD_NVML_STATE, or nvml.state beside the library. It is read at every call. Lines:
 *
 *   card uuid=GPU-1 name=Stand-in memory=85899345920 used=0 util=0 temp=30 power=60000 minor=0 pids=12,34 lost=0
 *   card uuid=GPU-2 ... mig=1               in MIG mode, with the instances that follow
 *   part card=GPU-2 uuid=MIG-1 name=H100_MIG_1g.10gb memory=10737418240 used=0 number=0 gi=7 ci=0 pids=12
 *   error nvmlDeviceGetTemperature 2 3      the function answers 3 for the card at place 2
 *   error nvmlInit_v2 - 9                   and this one 9, whatever the card
 *   hang nvmlDeviceGetPowerUsage 200        it takes 200 ms
 *
 * As with the real library a card that was lost stays so for this process until it shuts the library down and starts it
 * anew. Layouts and numbers are those of nvml.h (docs.nvidia.com/deploy/nvml-api). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, GPU_IS_LOST = 15 };
enum { MOST_CARDS = 64, MOST_PROCESSES = 256 };

struct card {
  char uuid[96], name[96];
  unsigned long long memory, used;
  unsigned util, temp, power, minor, lost, process_count;
  unsigned processes[MOST_PROCESSES];
  /* Of a card: whether it is in MIG mode. Of an instance: the card that it lies on, and its numbers. */
  unsigned mig, number, gi, ci;
  char card[96];
};

typedef struct { unsigned long long total, free, used; } nvmlMemory_t;
typedef struct { unsigned gpu, memory; } nvmlUtilization_t;
typedef struct {
  unsigned pid;
  unsigned long long usedGpuMemory;
  unsigned gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_t;
typedef struct handle { char uuid[96]; int lost; } *nvmlDevice_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct card cards[MOST_CARDS];
static unsigned card_count;
static struct card parts[MOST_CARDS];
static unsigned part_count;
static struct handle handles[2 * MOST_CARDS];
static int started;

static const char *state_path(void) {
  static char path[4096];
  const char *given = getenv("STEWARD_NVML_STATE");
  Dl_info about;
  if (given && *given) return given;
  if (!dladdr((void *)state_path, &about)) return "nvml.state";
  snprintf(path, sizeof path, "%s", about.dli_fname);
  char *slash = strrchr(path, '/');
  snprintf(slash ? slash + 1 : path, sizeof path - (slash ? (size_t)(slash + 1 - path) : 0), "nvml.state");
  return path;
}

static void set(struct card *card, const char *key, char *value) {
  if (!strcmp(key, "uuid")) snprintf(card->uuid, sizeof card->uuid, "%s", value);
  if (!strcmp(key, "name")) {
    snprintf(card->name, sizeof card->name, "%s", value);
    for (char *c = card->name; *c; c++) if (*c == '_') *c = ' ';
  }
  if (!strcmp(key, "card")) snprintf(card->card, sizeof card->card, "%s", value);
  unsigned long long number = strtoull(value, NULL, 10);
  if (!strcmp(key, "mig")) card->mig = (unsigned)number;
  if (!strcmp(key, "number")) card->number = (unsigned)number;
  if (!strcmp(key, "gi")) card->gi = (unsigned)number;
  if (!strcmp(key, "ci")) card->ci = (unsigned)number;
  if (!strcmp(key, "memory")) card->memory = number;
  if (!strcmp(key, "used")) card->used = number;
  if (!strcmp(key, "util")) card->util = (unsigned)number;
  if (!strcmp(key, "temp")) card->temp = (unsigned)number;
  if (!strcmp(key, "power")) card->power = (unsigned)number;
  if (!strcmp(key, "minor")) card->minor = (unsigned)number;
  if (!strcmp(key, "lost")) card->lost = (unsigned)number;
  if (strcmp(key, "pids")) return;
  for (char *next = value; *next && card->process_count < MOST_PROCESSES;) {
    card->processes[card->process_count++] = (unsigned)strtoul(next, &next, 10);
    if (*next == ',') next++; else break;
  }
}

/* Reads the file and answers what `function` has to answer for the card at `place` (-1: none) before it does anything. */
static int read_state(const char *function, int place) {
  char line[8192], *words, *word;
  int result = SUCCESS;
  FILE *file = fopen(state_path(), "r");
  if (!file) return 9;
  memset(cards, 0, sizeof cards);
  memset(parts, 0, sizeof parts);
  card_count = part_count = 0;
  while (fgets(line, sizeof line, file)) {
    word = strtok_r(line, " \t\n", &words);
    if (!word) continue;
    int is_card = !strcmp(word, "card");
    if (is_card ? card_count < MOST_CARDS : !strcmp(word, "part") && part_count < MOST_CARDS) {
      struct card *card = is_card ? &cards[card_count++] : &parts[part_count++];
      while ((word = strtok_r(NULL, " \t\n", &words))) {
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = 0;
        set(card, word, value);
      }
    } else if (!strcmp(word, "error")) {
      char *name = strtok_r(NULL, " \t\n", &words), *which = strtok_r(NULL, " \t\n", &words);
      char *code = strtok_r(NULL, " \t\n", &words);
      if (name && which && code && !strcmp(name, function) && (*which == '-' || atoi(which) == place))
        result = atoi(code);
    } else if (!strcmp(word, "hang")) {
      char *name = strtok_r(NULL, " \t\n", &words), *time = strtok_r(NULL, " \t\n", &words);
      if (name && time && !strcmp(name, function)) {
        struct timespec pause = {atoi(time) / 1000, atol(time) % 1000 * 1000000L};
        nanosleep(&pause, NULL);
      }
    }
  }
  fclose(file);
  return result;
}

static int place_of(const char *uuid) {
  for (unsigned i = 0; i < card_count; i++) if (!strcmp(cards[i].uuid, uuid)) return (int)i;
  return -1;
}

/* The card or instance of a handle, and the place of the card; NULL where it is gone. */
static struct card *find(const struct handle *device, int *place) {
  *place = place_of(device->uuid);
  if (*place >= 0) return &cards[*place];
  for (unsigned i = 0; i < part_count; i++)
    if (!strcmp(parts[i].uuid, device->uuid)) {
      *place = place_of(parts[i].card);
      return *place < 0 ? NULL : &parts[i];
    }
  return NULL;
}

/* The card of `device` for `function`, or an error. Holds the lock if it succeeds. */
static int enter(const char *function, nvmlDevice_t device, struct card **card) {
  if (!device) return INVALID_ARGUMENT;
  pthread_mutex_lock(&lock);
  int error = started ? read_state(function, -1) : UNINITIALIZED;
  int place = -1;
  struct card *found = error ? NULL : find(device, &place);
  if (!error && place >= 0) error = read_state(function, place);
  int is_part = !strncmp(device->uuid, "MIG-", 4);
  if (!error && (place >= 0 ? cards[place].lost : !is_part)) device->lost = 1;
  if (!error && device->lost) error = GPU_IS_LOST;
  if (!error && !found) error = INVALID_ARGUMENT;
  if (error) {
    pthread_mutex_unlock(&lock);
    return error;
  }
  *card = found;
  return SUCCESS;
}

static int leave(void) { return pthread_mutex_unlock(&lock), SUCCESS; }

/* The same handle for the same card or instance. */
static nvmlDevice_t handle(const char *uuid) {
  int slot = 0;
  while (slot < 2 * MOST_CARDS - 1 && handles[slot].uuid[0] && strcmp(handles[slot].uuid, uuid)) slot++;
  snprintf(handles[slot].uuid, sizeof handles[slot].uuid, "%s", uuid);
  return &handles[slot];
}

int nvmlInit_v2(void) {
  pthread_mutex_lock(&lock);
  int error = read_state("nvmlInit_v2", -1);
  if (!error && started++ == 0) memset(handles, 0, sizeof handles);
  pthread_mutex_unlock(&lock);
  return error;
}

int nvmlShutdown(void) {
  pthread_mutex_lock(&lock);
  int error = started ? SUCCESS : UNINITIALIZED;
  if (started) started--;
  pthread_mutex_unlock(&lock);
  return error;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
  pthread_mutex_lock(&lock);
  int error = started ? read_state("nvmlDeviceGetCount_v2", -1) : UNINITIALIZED;
  if (!error) *count = card_count;
  pthread_mutex_unlock(&lock);
  return error;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t *device) {
  pthread_mutex_lock(&lock);
  int error = started ? read_state("nvmlDeviceGetHandleByIndex_v2", (int)index) : UNINITIALIZED;
  if (!error && index >= card_count) error = INVALID_ARGUMENT;
  if (!error && cards[index].lost) error = GPU_IS_LOST;
  if (!error) *device = handle(cards[index].uuid);
  pthread_mutex_unlock(&lock);
  return error;
}

int nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned *current, unsigned *pending) {
  struct card *card;
  int error = enter("nvmlDeviceGetMigMode", device, &card);
  if (error) return error;
  *current = *pending = card->mig;
  return leave();
}

int nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned *count) {
  struct card *card;
  int error = enter("nvmlDeviceGetMaxMigDeviceCount", device, &card);
  if (error) return error;
  *count = card->mig ? 7 : 0;
  return leave();
}

int nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned index, nvmlDevice_t *part) {
  struct card *card;
  int error = enter("nvmlDeviceGetMigDeviceHandleByIndex", device, &card);
  if (error) return error;
  error = NOT_FOUND;
  for (unsigned i = 0; i < part_count; i++)
    if (!strcmp(parts[i].card, card->uuid) && parts[i].number == index) {
      *part = handle(parts[i].uuid);
      error = SUCCESS;
    }
  return leave(), error;
}

static int instance(const char *function, nvmlDevice_t device, unsigned *id, int is_compute) {
  struct card *card;
  int error = enter(function, device, &card);
  if (error) return error;
  *id = is_compute ? card->ci : card->gi;
  return leave(), card->card[0] ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned *id) {
  return instance("nvmlDeviceGetGpuInstanceId", device, id, 0);
}

int nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned *id) {
  return instance("nvmlDeviceGetComputeInstanceId", device, id, 1);
}

int nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned length) {
  struct card *card;
  int error = enter("nvmlDeviceGetUUID", device, &card);
  if (error) return error;
  snprintf(uuid, length, "%s", card->uuid);
  return leave();
}

int nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned length) {
  struct card *card;
  int error = enter("nvmlDeviceGetName", device, &card);
  if (error) return error;
  snprintf(name, length, "%s", card->name);
  return leave();
}

int nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  struct card *card;
  int error = enter("nvmlDeviceGetMemoryInfo", device, &card);
  if (error) return error;
  *memory = (nvmlMemory_t){card->memory, card->memory - card->used, card->used};
  return leave();
}

int nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned *minor) {
  struct card *card;
  int error = enter("nvmlDeviceGetMinorNumber", device, &card);
  if (error) return error;
  *minor = card->minor;
  return leave();
}

int nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates) {
  struct card *card;
  int error = enter("nvmlDeviceGetUtilizationRates", device, &card);
  if (error) return error;
  *rates = (nvmlUtilization_t){card->util, card->util / 2};
  /* Nobody counts for a card in MIG mode, nor for its instances. */
  return leave(), card->mig || card->card[0] ? NOT_SUPPORTED : SUCCESS;
}

int nvmlDeviceGetTemperature(nvmlDevice_t device, unsigned sensor, unsigned *degrees) {
  struct card *card;
  if (sensor != 0) return INVALID_ARGUMENT;
  int error = enter("nvmlDeviceGetTemperature", device, &card);
  if (error) return error;
  *degrees = card->temp;
  return leave(), card->card[0] ? NOT_SUPPORTED : SUCCESS;
}

int nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned *milliwatts) {
  struct card *card;
  int error = enter("nvmlDeviceGetPowerUsage", device, &card);
  if (error) return error;
  *milliwatts = card->power;
  return leave(), card->card[0] ? NOT_SUPPORTED : SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned *count, nvmlProcessInfo_t *processes) {
  struct card *card;
  int error = enter("nvmlDeviceGetComputeRunningProcesses_v3", device, &card);
  if (error) return error;
  unsigned room = *count;
  *count = card->process_count;
  if (card->process_count > room) return leave(), INSUFFICIENT_SIZE;
  for (unsigned i = 0; i < card->process_count; i++)
    processes[i] = (nvmlProcessInfo_t){card->processes[i], card->used, ~0u, ~0u};
  return leave();
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
  snprintf(version, length, "570.0-stand-in");
  return SUCCESS;
}

const char *nvmlErrorString(int code) {
  switch (code) {
    case SUCCESS: return "Success";
    case UNINITIALIZED: return "Uninitialized";
    case INVALID_ARGUMENT: return "Invalid Argument";
    case 3: return "Not Supported";
    case 4: return "Insufficient Permissions";
    case 9: return "Driver Not Loaded";
    case 10: return "Timeout";
    case GPU_IS_LOST: return "GPU is lost";
    case 16: return "GPU requires restart";
    default: return "Unknown Error";
  }
}
