#include "tools/measuring.h"

#include <sys/resource.h>

#include <iostream>
#include <utility>

namespace ottla::tools {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print_metrics(const MetricsSnapshot& snapshot) {
  std::cout << '\n';
  for (const auto& metric : snapshot.metrics) {
    std::cout << metric.group << ':' << metric.name << ":{";
    const char* separator = "";
    for (const auto& [key, value] : metric.tags) {
      std::cout << std::exchange(separator, ", ") << key << '=' << value;
    }
    std::cout << "} : " << metric.value << '\n';
  }
}

}  // namespace ottla::tools
