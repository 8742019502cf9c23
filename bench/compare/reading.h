#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/compare/workload.h"

// What the consumers that are compared have in common: what they do with a record of partition 0,
// and when they are through. What is missing, out of order or of another size ends the program.
namespace bench {

class Reading {
 public:
  explicit Reading(const Workload& workload) : workload_(workload) {}

  bool done() const { return next_ >= workload_.warm_up + workload_.records; }
  bool warm() const { return next_ >= workload_.warm_up; }
  std::uint64_t measured() const { return next_ - at_meter_; }
  void meter_begins() { at_meter_ = next_; }

  void record(std::int64_t offset, const char* value, std::size_t size) {
    if (offset != static_cast<std::int64_t>(next_) || size != workload_.size) {
      std::fprintf(stderr, "at offset %lld: a record of %zu bytes, expected was %llu\n",
                   static_cast<long long>(offset), size, static_cast<unsigned long long>(next_));
      std::exit(1);
    }
    touched_ += static_cast<unsigned char>(value[size / 2]);
    ++next_;
  }

  // So that what was read is used.
  std::string fields() const { return ", \"touched\": " + std::to_string(touched_); }

 private:
  const Workload& workload_;
  std::uint64_t next_ = 0;
  std::uint64_t at_meter_ = 0;
  std::uint64_t touched_ = 0;
};

}  // namespace bench
