#include "tests/integration/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "base/endian.h"

namespace ottla::integration {
namespace {

constexpr std::size_t kPrefix = 4;
constexpr auto kPatience = std::chrono::seconds(30);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// What is passed on goes at once.
void hurry(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  hurry(socket);
  const auto address = loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  ::close(socket);
  return -1;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Appends what has come; false at the end.
bool receive_some(int socket, std::string& bytes) {
  std::array<char, 16384> some;
  const auto got = ::recv(socket, some.data(), some.size(), 0);
  if (got <= 0) return false;
  bytes.append(some.data(), static_cast<std::size_t>(got));
  return true;
}

// Takes a whole frame, with its size, off the front.
std::optional<std::string> take_frame(std::string& bytes) {
  if (bytes.size() < kPrefix) return std::nullopt;
  const auto size = kPrefix + static_cast<std::size_t>(base::load_be<std::int32_t>(bytes.data()));
  if (bytes.size() < size) return std::nullopt;
  auto frame = bytes.substr(0, size);
  bytes.erase(0, size);
  return frame;
}

ApiKey api_of(std::string_view request) {
  return static_cast<ApiKey>(base::load_be<std::int16_t>(request.data() + kPrefix));
}

std::int32_t correlation_of_request(std::string_view frame) {
  return base::load_be<std::int32_t>(frame.data() + kPrefix + 4);
}

std::int32_t correlation_of_answer(std::string_view frame) {
  return base::load_be<std::int32_t>(frame.data() + kPrefix);
}

}  // namespace

struct Proxy::Connection {
  int client = -1;
  int broker = -1;
  bool held = false;  // the way to the broker is kept for what is to be delivered
  std::thread thread;
};

Proxy::Proxy() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
  ::listen(listener_, SOMAXCONN);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

Proxy::~Proxy() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const auto& each : connections_) ::shutdown(each->client, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (const auto& each : connections_) {
    each->thread.join();
    ::close(each->client);
    if (!each->held) ::close(each->broker);
  }
  if (held_) ::close(held_->broker);
}

void Proxy::set_broker(const std::string& address) {
  const std::lock_guard lock(mutex_);
  broker_port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

void Proxy::hold_next(ApiKey api) {
  const std::lock_guard lock(mutex_);
  to_hold_ = api;
}

bool Proxy::wait_for_held() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return held_.has_value(); });
}

std::string Proxy::deliver_held() {
  std::unique_lock lock(mutex_);
  const auto held = *std::exchange(held_, std::nullopt);
  lock.unlock();
  send_all(held.broker, held.frame);
  std::string bytes;
  std::string answer;
  while (answer.empty() && receive_some(held.broker, bytes)) {
    // Answers to what went before it come first.
    while (auto frame = take_frame(bytes)) {
      if (correlation_of_answer(*frame) != correlation_of_request(held.frame)) continue;
      answer = frame->substr(kPrefix);
    }
  }
  ::close(held.broker);
  return answer;
}

void Proxy::cut_behind_request(std::size_t number, std::function<void()> then) {
  const std::lock_guard lock(mutex_);
  requests_left_ = number;
  then_ = std::move(then);
}

void Proxy::spoil_answer(std::size_t number, Fault fault) {
  const std::lock_guard lock(mutex_);
  answers_left_ = number;
  fault_ = fault;
  spoiled_ = false;
}

bool Proxy::spoiled() const {
  const std::lock_guard lock(mutex_);
  return spoiled_;
}

void Proxy::accept_all() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const std::lock_guard lock(mutex_);
    const int broker = closing_ ? -1 : connect_to(broker_port_);
    if (broker < 0) {
      ::close(client);
      continue;
    }
    hurry(client);
    auto connection = std::make_unique<Connection>();
    connection->client = client;
    connection->broker = broker;
    auto& taken = *connections_.emplace_back(std::move(connection));
    taken.thread = std::thread([this, &taken] { serve(taken); });
  }
}

void Proxy::serve(Connection& connection) {
  std::string requests;
  std::string answers;
  std::array<pollfd, 2> ways{{{.fd = connection.client, .events = POLLIN, .revents = 0},
                              {.fd = connection.broker, .events = POLLIN, .revents = 0}}};
  bool open = true;
  while (open && ::poll(ways.data(), ways.size(), -1) > 0) {
    if (ways[0].revents != 0) {
      open = receive_some(connection.client, requests);
      while (open) {
        auto frame = take_frame(requests);
        if (!frame) break;
        open = pass_request(connection, std::move(*frame));
      }
    }
    if (open && ways[1].revents != 0) {
      open = receive_some(connection.broker, answers);
      while (open) {
        const auto frame = take_frame(answers);
        if (!frame) break;
        open = pass_answer(connection, *frame);
      }
    }
  }
  ::shutdown(connection.client, SHUT_RDWR);
  if (!connection.held) ::shutdown(connection.broker, SHUT_RDWR);
}

// Both: false if the connection is over.
bool Proxy::pass_request(Connection& connection, std::string frame) {
  {
    const std::lock_guard lock(mutex_);
    if (to_hold_ == api_of(frame)) {
      to_hold_.reset();
      connection.held = true;
      held_ = {.broker = connection.broker, .frame = std::move(frame)};
      changed_.notify_all();
      return false;
    }
  }
  if (!send_all(connection.broker, frame)) return false;
  const std::lock_guard lock(mutex_);
  if (requests_left_ == 0 || --requests_left_ > 0) return true;
  then_();
  for (const auto& each : connections_) ::shutdown(each->client, SHUT_RDWR);
  return false;
}

bool Proxy::pass_answer(Connection& connection, std::string_view frame) {
  bool twice = false;
  {
    const std::lock_guard lock(mutex_);
    if (answers_left_ > 0 && --answers_left_ == 0) {
      spoiled_ = true;
      if (fault_ == Fault::lost) return false;
      twice = true;
    }
  }
  return send_all(connection.client, frame) && (!twice || send_all(connection.client, frame));
}

}  // namespace ottla::integration
