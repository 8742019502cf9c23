#pragma once

#include <string>
#include <thread>

#include "base/task.h"

namespace ottla::base {

// A named thread that takes none of the process's signals: those are for the application's own
// threads, and SIGPIPE for nobody.
std::thread start_thread(const std::string& name, Task body);

// Whether the calling thread was started so.
bool on_started_thread();

}  // namespace ottla::base
