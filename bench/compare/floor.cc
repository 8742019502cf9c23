// What no producer can do without: the same bytes as produce_ottla.cc copied into batches with
// their lengths before them, checksummed, and written to a socket of loopback. The thread that
// reads the socket does not count.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "base/crc32c.h"
#include "base/varint.h"
#include "bench/compare/workload.h"

namespace {

using namespace ottla;  // NOLINT: a program

void check(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

struct Sockets {
  int sender;
  int receiver;
};

Sockets connect_to_self() {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listening, generic, length) == 0, "bind");
  check(::listen(listening, 1) == 0, "listen");
  check(::getsockname(listening, generic, &length) == 0, "getsockname");
  const int sender = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(::connect(sender, generic, length) == 0, "connect");
  const int on = 1;
  ::setsockopt(sender, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int receiver = ::accept(listening, nullptr, nullptr);
  check(receiver >= 0, "accept");
  ::close(listening);
  return {sender, receiver};
}

void discard(int socket) {
  std::vector<char> buffer(1 << 20);
  while (::recv(socket, buffer.data(), buffer.size(), 0) > 0) {
  }
}

double cpu_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

class Floor {
 public:
  Floor(const bench::Workload& workload, int socket)
      : payload_(workload), socket_(socket), batch_(workload.batch_size) {}

  void send(std::uint64_t records) {
    for (std::uint64_t i = 0; i < records; ++i) {
      const auto& value = payload_.value(i);
      if (batch_.size() - used_ < value.size() + base::kMaxVarint32Size) flush();
      char* at = base::write_uvarint(&batch_[used_], static_cast<std::uint32_t>(value.size()));
      std::memcpy(at, value.data(), value.size());
      used_ = static_cast<std::size_t>(at - batch_.data()) + value.size();
    }
    flush();
  }

  std::uint32_t checksums() const { return checksums_; }

 private:
  void flush() {
    checksums_ ^= base::crc32c({batch_.data(), used_});
    for (std::size_t sent = 0; sent < used_;) {
      const ssize_t now = ::send(socket_, &batch_[sent], used_ - sent, MSG_NOSIGNAL);
      check(now > 0, "send");
      sent += static_cast<std::size_t>(now);
    }
    used_ = 0;
  }

  const bench::Payload payload_;
  const int socket_;
  std::vector<char> batch_;
  std::size_t used_ = 0;
  std::uint32_t checksums_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const auto workload = bench::parse(argc, argv);
  const auto sockets = connect_to_self();
  std::thread receiver(discard, sockets.receiver);
  Floor floor(workload, sockets.sender);
  floor.send(workload.warm_up);
  const double before = cpu_of_this_thread();
  floor.send(workload.records);
  const double used = cpu_of_this_thread() - before;
  ::close(sockets.sender);
  receiver.join();
  std::printf("{\"client\": \"floor\", \"cpu_s_per_million\": %.4f, \"checksums\": %u}\n",
              used / static_cast<double>(workload.records) * 1e6, floor.checksums());
  return 0;
}
