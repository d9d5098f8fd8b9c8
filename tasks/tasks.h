// tasks/tasks.h — the list of tasks of `pliant train`
//
// A task is a file beside this one and its name in the list. It is a struct with
//   name, summary      texts
//   Options            a struct whose declare(option) calls option(name, member, help, choices…)
//   for each settle(Options&, train::Options&)   checks them, and fills in what was not given
//   steps_decide(Options)   whether the number of steps changes what a step does
//   make(Options, train::Options)       the Task, as a shared_ptr
//   suggest(train::Options&)            if there is one: sets what it has as defaults
#pragma once

#include "pliant/base/type_list.h"
#include "tasks/camera.h"
#include "tasks/edit_distance.h"
#include "tasks/logic.h"
#include "tasks/mnist.h"
#include "tasks/paths.h"
#include "tasks/program_sort.h"
#include "tasks/reconstruct.h"
#include "tasks/shape.h"
#include "tasks/silhouette.h"
#include "tasks/sorting.h"
#include "tasks/topk.h"

namespace pliant::tasks {

using Tasks = base::TypeList<Sorting, TopK, Logic, Shape, Camera, Reconstruct, Paths, ProgramSort,
                             EditDistance, Silhouette, Mnist>;

}  // namespace pliant::tasks
