// Streams as queues with one thread each, events, and graphs as recorded queues.
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "standin.h"

int standin_work_begins(void);

struct item {
    struct item *next;
    struct standin_work work;
    /// The graph owns what it has recorded.
    int is_borrowed;
};

struct CUgraph_st {
    struct item *first, **last;
    int users;
};

struct CUgraphExec_st {
    CUgraph graph;
};

struct CUstream_st {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct item *first, **last;
    int is_busy, is_ending;
    CUgraph recording;
};

struct CUevent_st {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    long recorded, reached;
    int is_captured, users;
    double seconds;
};

static void run(struct standin_work work) {
    if (standin_now.delay) usleep(standin_now.delay);
    if (standin_ended) return;
    int code = standin_work_begins();
    if (!code) code = work.run(work.data);
    if (code && !standin_ended) standin_ended = code;
}

static void discard(struct item *item) {
    if (!item->is_borrowed && item->work.release) item->work.release(item->work.data);
    free(item);
}

static void *serve(void *argument) {
    CUstream stream = argument;
    pthread_mutex_lock(&stream->lock);
    for (;;) {
        while (!stream->first && !stream->is_ending) pthread_cond_wait(&stream->changed, &stream->lock);
        struct item *item = stream->first;
        if (!item) break;
        stream->first = item->next;
        if (!stream->first) stream->last = &stream->first;
        stream->is_busy = 1;
        pthread_mutex_unlock(&stream->lock);
        run(item->work);
        discard(item);
        pthread_mutex_lock(&stream->lock);
        stream->is_busy = 0;
        pthread_cond_broadcast(&stream->changed);
    }
    pthread_mutex_unlock(&stream->lock);
    return NULL;
}

static struct item *make_item(struct standin_work work, int is_borrowed) {
    struct item *item = calloc(1, sizeof *item);
    item->work = work;
    item->is_borrowed = is_borrowed;
    return item;
}

static void push(CUstream stream, struct item *item) {
    if (standin_now.immediate) {
        run(item->work);
        discard(item);
        return;
    }
    pthread_mutex_lock(&stream->lock);
    *stream->last = item;
    stream->last = &item->next;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
}

CUresult standin_queue(CUstream stream, struct standin_work work) {
    struct item *item = make_item(work, 0);
    if (stream->recording) {
        *stream->recording->last = item;
        stream->recording->last = &item->next;
    } else {
        push(stream, item);
    }
    return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream *created, unsigned flags) {
    ENTER("cuStreamCreate");
    (void)flags;
    CUstream stream = calloc(1, sizeof *stream);
    stream->last = &stream->first;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->changed, NULL);
    pthread_create(&stream->thread, NULL, serve, stream);
    standin_count(standin_streams, 1);
    *created = stream;
    return CUDA_SUCCESS;
}

static void wait_until_idle(CUstream stream) {
    pthread_mutex_lock(&stream->lock);
    while (stream->first || stream->is_busy) pthread_cond_wait(&stream->changed, &stream->lock);
    pthread_mutex_unlock(&stream->lock);
}

CUresult cuStreamDestroy_v2(CUstream stream) {
    STANDIN_CALL("cuStreamDestroy_v2");
    pthread_mutex_lock(&stream->lock);
    stream->is_ending = 1;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    pthread_join(stream->thread, NULL);
    pthread_mutex_destroy(&stream->lock);
    pthread_cond_destroy(&stream->changed);
    free(stream);
    standin_count(standin_streams, -1);
    return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream stream) {
    ENTER("cuStreamSynchronize");
    if (stream->recording) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    wait_until_idle(stream);
    return standin_ended;
}

// --- events

static void let_go(CUevent event) {
    pthread_mutex_lock(&event->lock);
    int users = --event->users;
    pthread_mutex_unlock(&event->lock);
    if (users) return;
    pthread_mutex_destroy(&event->lock);
    pthread_cond_destroy(&event->changed);
    free(event);
}

static void use(CUevent event) {
    pthread_mutex_lock(&event->lock);
    event->users++;
    pthread_mutex_unlock(&event->lock);
}

CUresult cuEventCreate(CUevent *created, unsigned flags) {
    ENTER("cuEventCreate");
    (void)flags;
    CUevent event = calloc(1, sizeof *event);
    pthread_mutex_init(&event->lock, NULL);
    pthread_cond_init(&event->changed, NULL);
    event->users = 1;
    standin_count(standin_events, 1);
    *created = event;
    return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
    STANDIN_CALL("cuEventDestroy_v2");
    standin_count(standin_events, -1);
    let_go(event);
    return CUDA_SUCCESS;
}

static int reach(void *data) {
    CUevent event = data;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&event->lock);
    event->reached++;
    event->seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    pthread_cond_broadcast(&event->changed);
    pthread_mutex_unlock(&event->lock);
    return 0;
}

static void release_event(void *data) { let_go(data); }

CUresult cuEventRecord(CUevent event, CUstream stream) {
    ENTER("cuEventRecord");
    use(event);
    if (stream->recording) event->is_captured = 1;
    else {
        pthread_mutex_lock(&event->lock);
        event->recorded++;
        pthread_mutex_unlock(&event->lock);
    }
    return standin_queue(stream, (struct standin_work){reach, release_event, event});
}

static int is_reached(CUevent event) {
    pthread_mutex_lock(&event->lock);
    int answer = event->reached >= event->recorded;
    pthread_mutex_unlock(&event->lock);
    return answer || standin_ended;
}

CUresult cuEventQuery(CUevent event) {
    ENTER("cuEventQuery");
    if (event->is_captured) return CUDA_ERROR_CAPTURED_EVENT;
    return is_reached(event) ? standin_ended : CUDA_ERROR_NOT_READY;
}

static int await(void *data) {
    CUevent event = data;
    while (!is_reached(event)) usleep(50);
    return 0;
}

CUresult cuEventSynchronize(CUevent event) {
    ENTER("cuEventSynchronize");
    if (event->is_captured) return CUDA_ERROR_CAPTURED_EVENT;
    await(event);
    return standin_ended;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
    ENTER("cuEventElapsedTime");
    if (!start->recorded || !end->recorded) return CUDA_ERROR_INVALID_HANDLE;
    if (!is_reached(start) || !is_reached(end)) return CUDA_ERROR_NOT_READY;
    *milliseconds = (float)((end->seconds - start->seconds) * 1e3);
    return CUDA_SUCCESS;
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
    ENTER("cuStreamWaitEvent");
    (void)flags;
    use(event);
    return standin_queue(stream, (struct standin_work){await, release_event, event});
}

// --- graphs

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
    ENTER("cuStreamBeginCapture_v2");
    (void)mode;
    if (stream->recording) return CUDA_ERROR_ILLEGAL_STATE;
    stream->recording = calloc(1, sizeof *stream->recording);
    stream->recording->last = &stream->recording->first;
    stream->recording->users = 1;
    standin_count(standin_graphs, 1);
    return CUDA_SUCCESS;
}

static void release_graph(CUgraph graph) {
    if (--graph->users) return;
    for (struct item *item = graph->first, *next; item; item = next) {
        next = item->next;
        discard(item);
    }
    free(graph);
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
    int code = standin_enter("cuStreamEndCapture");
    if (!stream->recording) return CUDA_ERROR_ILLEGAL_STATE;
    CUgraph recording = stream->recording;
    stream->recording = NULL;
    if (code) {
        *graph = NULL;
        standin_count(standin_graphs, -1);
        release_graph(recording);
        return code;
    }
    *graph = recording;
    return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
    STANDIN_CALL("cuGraphDestroy");
    standin_count(standin_graphs, -1);
    release_graph(graph);
    return CUDA_SUCCESS;
}

#ifndef STANDIN_OLD
CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long flags) {
    ENTER("cuGraphInstantiateWithFlags");
    (void)flags;
    *executable = calloc(1, sizeof **executable);
    (*executable)->graph = graph;
    graph->users++;
    standin_count(standin_executables, 1);
    return CUDA_SUCCESS;
}
#endif

CUresult cuGraphExecDestroy(CUgraphExec executable) {
    STANDIN_CALL("cuGraphExecDestroy");
    release_graph(executable->graph);
    free(executable);
    standin_count(standin_executables, -1);
    return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
    ENTER("cuGraphLaunch");
    for (struct item *item = executable->graph->first; item; item = item->next) push(stream, make_item(item->work, 1));
    return CUDA_SUCCESS;
}
