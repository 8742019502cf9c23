#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/process_limits.h"
#include "broker/metrics_of_broker.h"

namespace ottla::broker {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double whole = 0;
  double resident = 0;
  statm >> whole >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(files, {}));
}

}  // namespace

void add_process_metrics(MetricsPage& page) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  page.counter("process_cpu_seconds_total", "User and system time of this process.",
               seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
  page.gauge("process_resident_memory_bytes", "Memory of this process.", resident_bytes());
  page.gauge("process_open_fds", "Open file descriptors.", open_files());
  page.gauge("process_max_fds", "How many there may be.",
             static_cast<double>(base::limit_of_open_files()));
}

}  // namespace ottla::broker
