// Every kernel, for the instruction set that the including file has set up: LANES and TABLE.
// clang-format off: the order matters.
#include "vector.h"
#include "cells.h"
#include "rows.h"
#include "panels.h"
#include "attention.h"
#include "images.h"

const struct tensor_table TABLE = {
    .fill = fill, .combine = combine, .scale = scale, .scale_by = scale_by, .exp = map_exp, .tanh = map_tanh,
    .erf = map_erf, .activate = activate, .activate_backward = activate_backward, .add_row = add_row,
    .sum_rows = sum_rows, .softmax = softmax, .softmax_backward = softmax_backward, .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward, .layer_norm_parameters = layer_norm_parameters,
    .cross_entropy = cross_entropy, .sgd = sgd, .adamw = adamw, .sum = sum, .sum_squares = sum_squares,
    .attend = attend, .attend_backward = attend_backward, .copy_rows = copy_rows, .convolve = convolve,
    .convolve_backward_input = convolve_backward_input, .convolve_backward_weight = convolve_backward_weight,
};
