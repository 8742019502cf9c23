#include "base/net/asio_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/assert.h"
#include "base/net/thread.h"

namespace ottla::base {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How long events and posted tasks, which may follow each other without end, keep each other
// waiting.
constexpr int kMostEvents = 64;
constexpr int kMostPostedTurns = 8;

}  // namespace

class AsioLoop::Reactor {
 public:
  // One thread runs it.
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> keeps_running{io.get_executor()};
  asio::steady_timer timer{io};
};

namespace {

class AsioSocket final : public WatchedSocket {
 public:
  AsioSocket(asio::io_context& io, AsioLoop& loop, SocketEvents& events)
      : state_(std::make_shared<State>(io, loop, events)) {}

  ~AsioSocket() override {
    state_->events = nullptr;
    error_code ignored;
    state_->descriptor.close(ignored);
  }

  error_code open(int fd) {
    error_code error;
    state_->descriptor.assign(fd, error);
    if (!error) state_->descriptor.native_non_blocking(true, error);
    return error;
  }

  int descriptor() const override { return state_->descriptor.native_handle(); }

  FileDescriptor release() override { return FileDescriptor(state_->descriptor.release()); }

  void await_readable() override {
    await(state_->reading, asio::posix::descriptor_base::wait_read,
          [](SocketEvents& events) { events.on_socket_readable(); });
  }
  void await_writable() override {
    await(state_->writing, asio::posix::descriptor_base::wait_write,
          [](SocketEvents& events) { events.on_socket_writable(); });
  }

 private:
  // Outlives the socket while a wait that will not be answered any more is on its way out.
  struct State {
    State(asio::io_context& io, AsioLoop& on, SocketEvents& to)
        : descriptor(io), loop(on), events(&to) {}
    asio::posix::stream_descriptor descriptor;
    AsioLoop& loop;
    SocketEvents* events;
    bool reading = false;
    bool writing = false;
  };

  template <class Tell>
  void await(bool& waiting, asio::posix::descriptor_base::wait_type type, Tell tell) {
    if (waiting) return;
    waiting = true;
    state_->descriptor.async_wait(type, [state = state_, &waiting, tell](error_code) {
      waiting = false;
      // Errors come out of the read or write that follows.
      if (state->events == nullptr) return;
      state->loop.begin_turn();
      tell(*state->events);
    });
  }

  const std::shared_ptr<State> state_;
};

}  // namespace

AsioLoop::AsioLoop(std::string name, WorkerPool& workers, BusyPoll::Limits busy_poll)
    : name_(std::move(name)),
      workers_(workers),
      reactor_(std::make_unique<Reactor>()),
      busy_poll_(busy_poll, clock_.now()),
      now_(clock_.now()),
      wall_now_(clock_.wall_now()) {}

AsioLoop::~AsioLoop() {
  stop();
  discard();
}

void AsioLoop::start() {
  thread_ = start_thread(name_, [this] {
    thread_id_.store(std::this_thread::get_id());
    begin_turn();
    run();
  });
}

void AsioLoop::run() {
  auto& io = reactor_->io;
  while (!io.stopped()) {
    int events = 0;
    while (events < kMostEvents && io.poll_one() > 0) ++events;
    if (!run_posted() && events == 0 && !look()) io.run_one();
  }
}

// Looks for events without sleeping; whether there was one, which has been run.
bool AsioLoop::look() {
  auto& io = reactor_->io;
  auto now = clock_.now();
  if (!busy_poll_.may_look(now)) return false;
  for (const auto end = now + busy_poll_.limits().look; now < end; now = clock_.now()) {
    if (io.poll_one() > 0 || io.stopped()) return true;
  }
  busy_poll_.looked_in_vain();
  return false;
}

void AsioLoop::stop() {
  if (thread_.joinable()) {
    OTTLA_ASSERT(!on_loop_thread(), "a loop cannot be stopped by its own thread");
    stopping_.store(true);
    reactor_->io.stop();
    thread_.join();
  }
  thread_id_.store(std::this_thread::get_id());
}

void AsioLoop::discard() {
  for (bool more = true; more;) {
    std::vector<Task> left = timers_.take_all();
    for (auto& task : batch_) left.push_back(std::move(task));
    batch_.clear();
    std::lock_guard guard(mutex_);
    for (auto& task : posted_) left.push_back(std::move(task));
    posted_.clear();
    more = !left.empty();
    discarded_ = !more;
  }
}

void AsioLoop::begin_turn() {
  now_ = clock_.now();
  wall_now_ = clock_.wall_now();
}

bool AsioLoop::on_loop_thread() const {
  return thread_id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void AsioLoop::post(Task task) {
  {
    std::lock_guard guard(mutex_);
    if (discarded_) return;
    posted_.push_back(std::move(task));
    if (std::exchange(wake_pending_, true)) return;
  }
  // The loop's own thread looks before it sleeps.
  if (!on_loop_thread()) asio::post(reactor_->io, [] {});
}

// A task often posts the next: as long as nothing else has to wait long, these are run before
// events are looked for. Whether there were any.
bool AsioLoop::run_posted() {
  int turns = 0;
  while (turns < kMostPostedTurns && take_posted()) {
    ++turns;
    begin_turn();
    for (auto& task : batch_) {
      // What is left then is destroyed by `discard`.
      if (stopping_.load(std::memory_order_relaxed)) return true;
      task();
      task = {};
    }
    batch_.clear();
  }
  return turns > 0;
}

bool AsioLoop::take_posted() {
  std::lock_guard guard(mutex_);
  batch_.swap(posted_);
  // While there are some, the thread looks again by itself.
  wake_pending_ = !batch_.empty();
  return wake_pending_;
}

TimerId AsioLoop::call_at(TimePoint when, Task task) {
  OTTLA_ASSERT(on_loop_thread(), "timers belong to the loop's thread");
  if (stopping_.load(std::memory_order_relaxed)) {
    std::lock_guard guard(mutex_);
    if (discarded_) return TimerId::none;
  }
  const auto timer = timers_.add(when, std::move(task));
  if (!running_timers_) arm_timer();
  return timer;
}

void AsioLoop::cancel(TimerId timer) {
  OTTLA_ASSERT(on_loop_thread(), "timers belong to the loop's thread");
  // Asio's timer stays as it is: to wake up once for nothing costs less than to set it each time.
  const Task ends_here = timers_.remove(timer);
}

void AsioLoop::run_timers() {
  begin_turn();
  armed_for_ = kNever;
  running_timers_ = true;
  const auto mark = timers_.mark();
  while (!stopping_.load(std::memory_order_relaxed)) {
    Task task = timers_.take_due(now_, mark);
    if (!task) break;
    task();
  }
  running_timers_ = false;
  arm_timer();
}

void AsioLoop::arm_timer() {
  const auto next = timers_.next();
  if (next >= armed_for_) return;
  armed_for_ = next;
  reactor_->timer.expires_at(next);
  reactor_->timer.async_wait([this](error_code error) {
    if (!error) run_timers();
  });
}

void AsioLoop::offload(Task work, Task done) {
  OTTLA_ASSERT(on_loop_thread(), "work is offloaded by the loop's thread");
  workers_.add([this, sleeps = std::move(work), then = std::move(done)]() mutable {
    sleeps();
    sleeps = {};
    post(std::move(then));
  });
}

Result<std::unique_ptr<WatchedSocket>> AsioLoop::watch(FileDescriptor socket,
                                                       SocketEvents& events) {
  OTTLA_ASSERT(on_loop_thread(), "sockets belong to the loop's thread");
  auto watched = std::make_unique<AsioSocket>(reactor_->io, *this, events);
  if (const auto error = watched->open(socket.get())) {
    // Still the caller's, and closed by it.
    (void)watched->release().release();
    return Error(ErrorCode::io_error, "the socket cannot be watched: " + error.message());
  }
  (void)socket.release();
  return std::unique_ptr<WatchedSocket>(std::move(watched));
}

}  // namespace ottla::base
