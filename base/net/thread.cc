#include "base/net/thread.h"

#include <pthread.h>
#include <signal.h>

namespace ottla::base {
namespace {

thread_local bool started_here = false;

}  // namespace

bool on_started_thread() {
  return started_here;
}

std::thread start_thread(const std::string& name, Task body) {
  // Inherited by the new thread, so that there is no moment in which it could take a signal. Faults
  // and profiling stay with the thread that they are about.
  sigset_t blocked;
  sigset_t before;
  ::sigfillset(&blocked);
  for (const int kept : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) {
    ::sigdelset(&blocked, kept);
  }
  ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
  std::thread thread([name, run = std::move(body)]() mutable {
    started_here = true;
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    run();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace ottla::base
