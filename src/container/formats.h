/* SPDX-License-Identifier: Apache-2.0
 *
 * The formats that stk_formats lists, each defined in the file of its name or, where
 * several share their reading, in the file named beside it.
 */
#pragma once

#include "container/container.h"

extern const struct stk_format stk_format_torch_legacy;
extern const struct stk_format stk_format_joblib;
extern const struct stk_format stk_format_npy;
extern const struct stk_format stk_format_safetensors;
extern const struct stk_format stk_format_gguf;
extern const struct stk_format stk_format_tar;
extern const struct stk_format stk_format_cpio;
extern const struct stk_format stk_format_zip;

/* compressed.c */
extern const struct stk_format stk_format_gzip;
extern const struct stk_format stk_format_bz2;
extern const struct stk_format stk_format_xz;
extern const struct stk_format stk_format_lzma;
extern const struct stk_format stk_format_zlib;
extern const struct stk_format stk_format_zstd;
extern const struct stk_format stk_format_lz4;
extern const struct stk_format stk_format_zfile;

/* archive.c */
extern const struct stk_format stk_format_7z;
extern const struct stk_format stk_format_cab;
extern const struct stk_format stk_format_rar;
extern const struct stk_format stk_format_xar;

/* codeformats.c */
extern const struct stk_format stk_format_pyc;
extern const struct stk_format stk_format_marshal;
extern const struct stk_format stk_format_tensorrt;
extern const struct stk_format stk_format_java;
extern const struct stk_format stk_format_rds;

/* keras.c */
extern const struct stk_format stk_format_hdf5;
extern const struct stk_format stk_format_keras_metadata;

/* onnx.c, tensorflow.c, tflite.c */
extern const struct stk_format stk_format_onnx;
extern const struct stk_format stk_format_savedmodel;
extern const struct stk_format stk_format_tf_graph;
extern const struct stk_format stk_format_tflite;
