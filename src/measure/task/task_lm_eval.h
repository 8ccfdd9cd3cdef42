/* Task files of lm-evaluation-harness: the keys whose meaning is not a task's here are turned into those that are, or
 * refused with the place and what to do. What stays is read by task_read.c like any other task.
 *
 *   include            the other file's keys, where the file has none of its own (a list: in order); 8 deep at most
 *   tag, dataset_name, task_alias, should_decontaminate, doc_to_decontamination_query, training_split ...   no effect
 *   dataset_path json, csv, text with dataset_kwargs {data_files}      the file of test_split, else of validation_split
 *   fewshot_split, fewshot_config {split}                              its file gives the examples
 *   group with a list of tasks                                         a suite (suite.c)
 *   no metric_list                                                     acc, acc_norm; of written answers exact_match
 *   metric_list {exact_match, ignore_case, ignore_punctuation}         match,mode=exact with the same options
 *   no scorer                                                          written answers: match,mode=exact
 *   Python (!function, process_docs, process_results, class ...)       refused */
#ifndef MEASURE_TASK_LM_EVAL_H
#define MEASURE_TASK_LM_EVAL_H

#include "base/yaml.h"

/* Does the file use keys that only lm-evaluation-harness has? */
bool task_lm_eval_claims(const struct yaml *root);
/* A group with a list of tasks, which suite.c reads as a suite. */
bool task_lm_eval_is_group(const struct yaml *root);
/* The same task with our keys; on the arena. folder: of the file, where those it includes lie. */
struct yaml *task_lm_eval_turn(struct arena *arena, const struct yaml *root, struct text folder,
                               struct error *err) MUST_CHECK;

#endif
