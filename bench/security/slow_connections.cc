// Holds many connections to a broker's TLS listener that never come to a login: of every second one
// the handshake begins and goes no further, the others send a byte of it each second.
//
//   slow_connections PORT CONNECTIONS
//
// From as many addresses of 127.0.0.0/8 as it takes for a hundred connections each. Those that the
// broker closes come again after a second. Prints "held" when all have been opened, and at the end
// of its standard input one JSON line: how many stand and how many the broker has closed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kOfOneAddress = 100;
// Connections that are being made at a time: fewer than Kafka's default backlog of 50, beyond which
// the system drops what asks to be let in and tries again after a second.
constexpr std::size_t kMostOpening = 40;
constexpr auto kPause = std::chrono::microseconds(1'000'000);
// The record that a ClientHello of 512 bytes comes in begins like this.
constexpr std::string_view kHandshake("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Crowd {
 public:
  Crowd(std::uint16_t port, std::size_t count)
      : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)), members_(count) {
    rlimit files{count + 100, count + 100};
    if (::setrlimit(RLIMIT_NOFILE, &files) != 0) fail("slow_connections: setrlimit");
    // Evenly: they have nothing to do with each other.
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) absent_.push_back({start + kPause * i / count, i});
  }

  // Whether all have been opened.
  bool complete() const { return opened_ >= members_.size(); }

  // Once a second: each byte that is due, a part of the crowd at a time.
  void trickle() {
    for (std::size_t i = next_; i < members_.size(); i += kParts) {
      auto& member = members_[i];
      if (i % 2 == 0 || !member.stands) continue;
      const char byte = member.sent < kHandshake.size() ? kHandshake[member.sent] : 'x';
      if (::send(member.socket, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) ++member.sent;
    }
    next_ = (next_ + 1) % kParts;
  }

  // Opens what is absent, again where the broker has closed it; waits for up to `wait`.
  void mend(std::chrono::milliseconds wait) {
    const auto now = Clock::now();
    while (!absent_.empty() && absent_.front().due <= now && opening_ < kMostOpening) {
      open(absent_.front().index);
      absent_.pop_front();
    }
    epoll_event events[256];
    const int count = ::epoll_wait(epoll_, events, 256, static_cast<int>(wait.count()));
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(events[i].data.u64);
      if (!members_[index].stands) {
        stand(index);
        continue;
      }
      char byte;
      const auto got = ::recv(members_[index].socket, &byte, 1, MSG_DONTWAIT);
      // An alert may come first.
      if (got > 0 || (got < 0 && errno == EAGAIN)) continue;
      ::close(members_[index].socket);
      ++closed_;
      --standing_;
      members_[index] = {};
      absent_.push_back({now + kPause, index});
    }
  }

  void print() const { std::printf("{\"standing\": %zu, \"closed\": %zu}\n", standing_, closed_); }

  static constexpr std::size_t kParts = 200;

 private:
  struct Member {
    int socket = -1;
    bool stands = false;
    std::size_t sent = 0;
  };
  struct Absent {
    Clock::time_point due;
    std::size_t index;
  };

  void open(std::size_t index) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f010001U + static_cast<std::uint32_t>(index / kOfOneAddress));
    sockaddr_in to = from;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket < 0) fail("slow_connections: socket");
    if (::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0)
      fail("slow_connections: bind");
    if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      fail("slow_connections: connect");
    members_[index].socket = socket;
    watch(EPOLL_CTL_ADD, index, EPOLLOUT);
    ++opening_;
  }

  // The connection has been made, or not.
  void stand(std::size_t index) {
    auto& member = members_[index];
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(member.socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
      errno = error != 0 ? error : errno;
      fail("slow_connections: connect");
    }
    member.stands = true;
    --opening_;
    ++standing_;
    ++opened_;
    if (index % 2 == 0) {
      const auto sent =
          ::send(member.socket, kHandshake.data(), kHandshake.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      member.sent = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    watch(EPOLL_CTL_MOD, index, EPOLLIN);
  }

  void watch(int how, std::size_t index, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.u64 = index;
    if (::epoll_ctl(epoll_, how, members_[index].socket, &event) != 0)
      fail("slow_connections: epoll");
  }

  const std::uint16_t port_;
  const int epoll_;
  std::vector<Member> members_;
  std::deque<Absent> absent_;  // the next one to open first
  std::size_t opening_ = 0;
  std::size_t standing_ = 0;
  std::size_t opened_ = 0;
  std::size_t next_ = 0;
  std::size_t closed_ = 0;
};

bool input_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char byte;
  return ::poll(&input, 1, 0) > 0 && ::read(STDIN_FILENO, &byte, 1) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: slow_connections PORT CONNECTIONS\n");
    return 2;
  }
  Crowd crowd(static_cast<std::uint16_t>(std::atoi(argv[1])),
              static_cast<std::size_t>(std::atoi(argv[2])));
  bool held = false;
  auto due = Clock::now();
  while (!input_ended()) {
    crowd.mend(std::chrono::milliseconds(5));
    if (!held && crowd.complete()) {
      held = true;
      std::puts("held");
      std::fflush(stdout);
    }
    if (Clock::now() >= due) {
      crowd.trickle();
      due += std::chrono::milliseconds(1000 / Crowd::kParts);
    }
  }
  crowd.print();
  return 0;
}
