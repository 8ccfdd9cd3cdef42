/* Items of the pocket world with a document (parts documents and weighing), question and document apart. To such a row
 * come
 *
 *   question   the sentence of the prompt, outside of the document, that names what is asked about (slots.S)
 *   document   what stands between the marks of the document, with these
 *   answers    [the truth] (labels.truth), whatever the document tells */
#ifndef MEASURE_DATASET_DOCUMENT_H
#define MEASURE_DATASET_DOCUMENT_H

#include "base/json.h"

/* *is: whether it is such a row; any other stays as it is. */
bool dataset_document_row(json_t *row, bool *is, struct error *err) MUST_CHECK;

#endif
