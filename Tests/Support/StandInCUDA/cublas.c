// Matrix products as three loops, column-major as cuBLAS has them.
#include <stdlib.h>
#include <string.h>

#include "standin.h"

typedef int cublasStatus_t;
typedef struct cublasContext {
    CUstream stream;
    void *workspace;
} *cublasHandle_t;

enum { CUBLAS_SUCCESS = 0, CUBLAS_NOT_INITIALIZED = 1, CUBLAS_INVALID_VALUE = 7, CUBLAS_NOT_SUPPORTED = 15 };
enum { r32f = 0, r16f = 2, r16bf = 14 };
enum { compute_32f = 68, fast_tf32 = 77 };

cublasStatus_t cublasGetProperty(int type, int *value) {
    *value = (int[]){12, 8, 4}[type];
    return CUBLAS_SUCCESS;
}

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle) {
    STANDIN_CALL("cublasCreate_v2");
    if (standin_context_check()) return CUBLAS_NOT_INITIALIZED;
    *handle = calloc(1, sizeof **handle);
    standin_count(standin_handles, 1);
    return CUBLAS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    STANDIN_CALL("cublasDestroy_v2");
    free(handle);
    standin_count(standin_handles, -1);
    return CUBLAS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, CUstream stream) {
    STANDIN_CALL("cublasSetStream_v2");
    handle->stream = stream;
    handle->workspace = NULL;
    return CUBLAS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace, size_t size) {
    STANDIN_CALL("cublasSetWorkspace_v2");
    if (!standin_is_alive((CUdeviceptr)workspace, size)) return CUBLAS_INVALID_VALUE;
    handle->workspace = workspace;
    return CUBLAS_SUCCESS;
}

struct product {
    int transpose_a, transpose_b, m, n, k, type_a, type_b, type_c, lda, ldb, ldc, batch, compute;
    float alpha, beta;
    const char *a, *b;
    char *c;
    long long stride_a, stride_b, stride_c;
    void *workspace;
};

static float from_bits(unsigned bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float half(unsigned short bits) {
    unsigned sign = (unsigned)(bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31) return from_bits(sign | 0x7F800000 | fraction << 13);
    if (exponent) return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float value = (float)fraction * 0x1p-24f;
    return sign ? -value : value;
}

static float cell(const char *matrix, int type, long long index) {
    if (type == r32f) return ((const float *)matrix)[index];
    unsigned short bits = ((const unsigned short *)matrix)[index];
    return type == r16bf ? from_bits((unsigned)bits << 16) : half(bits);
}

// The 10 bits of TF32's fraction, to nearest.
static float rounded(float value) {
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    return from_bits((bits + 0x1000) & ~0x1FFFu);
}

static unsigned bits_of(float value) {
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Rounds to the nearest, to even where two are as near.
static unsigned short narrowed(float value, int type) {
    unsigned bits = bits_of(value), sign = bits >> 16 & 0x8000;
    if (type == r16bf) return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    float magnitude = from_bits(bits & 0x7FFFFFFF);
    if (magnitude >= 65520) return sign | 0x7C00;
    if (magnitude < 0x1p-14f) return sign | (bits_of(magnitude + 0x1p-1f) - bits_of(0x1p-1f));
    bits &= 0x7FFFFFFF;
    return sign | (((bits + 0xFFF + (bits >> 13 & 1)) >> 13) - (112 << 10));
}

static void set(char *matrix, int type, long long index, float value) {
    if (type == r32f) ((float *)matrix)[index] = value;
    else ((unsigned short *)matrix)[index] = narrowed(value, type);
}

static int multiply(void *data) {
    const struct product *p = data;
    if (p->workspace && !standin_is_alive((CUdeviceptr)p->workspace, 1)) return CUDA_ERROR_ILLEGAL_ADDRESS;
    for (int i = 0; i < p->batch; i++) {
        long long a = i * p->stride_a, b = i * p->stride_b, c = i * p->stride_c;
        for (int column = 0; column < p->n; column++)
            for (int row = 0; row < p->m; row++) {
                float sum = 0;
                for (long long l = 0; l < p->k; l++) {
                    float left = cell(p->a, p->type_a, a + (p->transpose_a ? l + (long long)row * p->lda : row + l * p->lda));
                    float right =
                        cell(p->b, p->type_b, b + (p->transpose_b ? column + l * p->ldb : l + (long long)column * p->ldb));
                    sum += p->compute == fast_tf32 ? rounded(left) * rounded(right) : left * right;
                }
                long long target = c + row + (long long)column * p->ldc;
                float before = p->beta == 0 ? 0 : p->beta * cell(p->c, p->type_c, target);
                set(p->c, p->type_c, target, p->alpha * sum + before);
            }
    }
    return 0;
}

static int bad(int rows, int columns, int transposed, int leading) {
    return leading < (transposed ? columns : rows) || leading < 1;
}

static cublasStatus_t queue(cublasHandle_t handle, int transpose_a, int transpose_b, int m, int n, int k,
                            const void *alpha, const void *a, int type_a, int lda, long long stride_a, const void *b,
                            int type_b, int ldb, long long stride_b, const void *beta, void *c, int type_c, int ldc,
                            long long stride_c, int batch, int compute, int algorithm) {
    if (bad(m, k, transpose_a, lda) || bad(k, n, transpose_b, ldb) || bad(m, n, 0, ldc)) return CUBLAS_INVALID_VALUE;
    int is_narrow = type_a == r16f || type_a == r16bf;
    int is_known = type_a == type_b && (type_c == r32f || type_c == type_a) && algorithm == -1 &&
                   (is_narrow ? compute == compute_32f
                                : type_a == r32f && (compute == compute_32f || compute == fast_tf32));
    if (!is_known) return CUBLAS_NOT_SUPPORTED;
    struct product *data = malloc(sizeof *data);
    *data = (struct product){transpose_a, transpose_b, m, n, k, type_a, type_b, type_c, lda, ldb, ldc, batch, compute,
                             *(const float *)alpha, *(const float *)beta, a, b, c, stride_a, stride_b, stride_c,
                             handle->workspace};
    standin_queue(handle->stream, (struct standin_work){multiply, free, data});
    return CUBLAS_SUCCESS;
}

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, int transpose_a, int transpose_b, int m, int n, int k,
                                          const void *alpha, const void *a, int type_a, int lda, long long stride_a,
                                          const void *b, int type_b, int ldb, long long stride_b, const void *beta,
                                          void *c, int type_c, int ldc, long long stride_c, int batch, int compute,
                                          int algorithm) {
    STANDIN_CALL("cublasGemmStridedBatchedEx");
    return queue(handle, transpose_a, transpose_b, m, n, k, alpha, a, type_a, lda, stride_a, b, type_b, ldb, stride_b,
                 beta, c, type_c, ldc, stride_c, batch, compute, algorithm);
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, int transpose_a, int transpose_b, int m, int n, int k,
                            const void *alpha, const void *a, int type_a, int lda, const void *b, int type_b, int ldb,
                            const void *beta, void *c, int type_c, int ldc, int compute, int algorithm) {
    STANDIN_CALL("cublasGemmEx");
    return queue(handle, transpose_a, transpose_b, m, n, k, alpha, a, type_a, lda, 0, b, type_b, ldb, 0, beta, c,
                 type_c, ldc, 0, 1, compute, algorithm);
}
