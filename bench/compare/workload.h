#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

// What the clients that are compared have in common: options, payload, and what is printed.
namespace bench {

struct Workload {
  std::string bootstrap;
  std::string topic = "bench";
  std::uint64_t records = 1'000'000;
  std::uint64_t warm_up = 100'000;  // records before the clock starts
  std::size_t size = 100;           // bytes of a value
  std::size_t key_size = 0;         // 0: no key
  std::string compression = "none";
  std::string ca;  // a file of trusted certificates: connects by TLS
  int linger_ms = 5;
  std::size_t batch_size = 0;  // 0: the client's default
  // Transactions end after so many records and when so many milliseconds have passed, whichever
  // comes first; none if both are 0.
  std::uint64_t commit_records = 0;
  std::int64_t commit_ms = 0;

  double rate = 1000;            // records a second, where latencies are measured
  bool read = false;             // and whether they are read as well
  bool pause = false;            // waits for input before and after the records are queued
  std::size_t poll_records = 0;  // a poll's or a batch's at most; 0: the client's default
  // Of Ottla's clients: what the kernel keeps for a connection that is read from (0: the default),
  // how long the network thread looks before it sleeps (0: the default), and
  // whether it runs callbacks.
  int receive_buffer = 0;
  int busy_poll_us = 0;
  bool network_callbacks = false;

  bool transactional() const { return commit_records > 0 || commit_ms > 0; }
};

// --name value pairs; what is not known ends the program.
inline Workload parse(int argc, char** argv) {
  Workload workload;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--bootstrap")
      workload.bootstrap = value;
    else if (name == "--topic")
      workload.topic = value;
    else if (name == "--records")
      workload.records = std::strtoull(value, nullptr, 10);
    else if (name == "--warm-up")
      workload.warm_up = std::strtoull(value, nullptr, 10);
    else if (name == "--size")
      workload.size = std::strtoull(value, nullptr, 10);
    else if (name == "--key-size")
      workload.key_size = std::strtoull(value, nullptr, 10);
    else if (name == "--compression")
      workload.compression = value;
    else if (name == "--ca")
      workload.ca = value;
    else if (name == "--linger")
      workload.linger_ms = std::atoi(value);
    else if (name == "--batch-size")
      workload.batch_size = std::strtoull(value, nullptr, 10);
    else if (name == "--rate")
      workload.rate = std::strtod(value, nullptr);
    else if (name == "--read")
      workload.read = std::atoi(value) != 0;
    else if (name == "--pause")
      workload.pause = std::atoi(value) != 0;
    else if (name == "--poll-records")
      workload.poll_records = std::strtoull(value, nullptr, 10);
    else if (name == "--receive-buffer")
      workload.receive_buffer = std::atoi(value);
    else if (name == "--busy-poll")
      workload.busy_poll_us = std::atoi(value);
    else if (name == "--network-callbacks")
      workload.network_callbacks = std::atoi(value) != 0;
    else if (name == "--commit-records")
      workload.commit_records = std::strtoull(value, nullptr, 10);
    else if (name == "--commit-ms")
      workload.commit_ms = std::atoll(value);
    else
      std::exit((std::fprintf(stderr, "unknown option %s\n", argv[i]), 2));
  }
  return workload;
}

// JSON-like text, a thousand different values; keys likewise.
class Payload {
 public:
  explicit Payload(const Workload& workload) {
    for (int i = 0; i < 1000; ++i) {
      std::string value = "{\"id\":" + std::to_string(i * 7919 % 100'000) + ",\"name\":\"user-" +
                          std::to_string(i) + "\",\"score\":" + std::to_string(i * 31 % 977) +
                          ",\"tags\":[\"a\",\"b\"],\"text\":\"";
      std::uint32_t state = static_cast<std::uint32_t>(i) * 2654435761U + 1;
      while (value.size() + 2 < workload.size) {
        state = state * 1664525U + 1013904223U;
        value += "etaoin shrdlucmfw"[state >> 28];
      }
      value.resize(workload.size - std::min<std::size_t>(workload.size, 2));
      value += "\"}";
      values_.push_back(value.substr(0, workload.size));
      std::string key = std::to_string(i * 104'729);
      key.resize(workload.key_size, 'k');
      keys_.push_back(key);
    }
  }
  const std::string& value(std::uint64_t i) const { return values_[i % values_.size()]; }
  const std::string& key(std::uint64_t i) const { return keys_[i % keys_.size()]; }

 private:
  std::vector<std::string> values_;
  std::vector<std::string> keys_;
};

// CPU of this process and the time, from its making on.
class Meter {
 public:
  Meter() : cpu_(cpu()), began_(std::chrono::steady_clock::now()) {}

  // `more`: further fields, each with a comma before it.
  void print(const char* client, const Workload& workload, std::uint64_t delivered,
             std::uint64_t failed, const std::string& more = "") const {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    const double used = cpu() - cpu_;
    const auto records = static_cast<double>(workload.records);
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "{\"client\": \"%s\", \"delivered\": %llu, \"failed\": %llu, \"seconds\": %.4f, "
        "\"records_per_s\": %.0f, \"cpu_s_per_million\": %.4f, \"max_rss_mb\": %.1f%s}\n",
        client, static_cast<unsigned long long>(delivered), static_cast<unsigned long long>(failed),
        seconds, records / seconds, used / records * 1e6,
        static_cast<double>(usage.ru_maxrss) / 1024, more.c_str());
  }

 private:
  static double cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  double cpu_;
  std::chrono::steady_clock::time_point began_;
};

// Says how much memory is resident, and waits for a line of input.
inline void pause_for_input() {
  long pages = 0;
  if (auto* statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%*s %ld", &pages) != 1) pages = 0;
    std::fclose(statm);
  }
  std::printf("{\"rss_mb\": %.1f}\n",
              static_cast<double>(pages * ::sysconf(_SC_PAGESIZE)) / (1 << 20));
  std::fflush(stdout);
  while (true) {
    const int c = std::getchar();
    if (c == '\n' || c == EOF) return;
  }
}

}  // namespace bench
