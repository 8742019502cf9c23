#include "tests/simulation/sim_connection.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace ottla::simulation {
namespace {

class SimStream final : public base::Stream {
 public:
  SimStream(std::shared_ptr<SimConnection> connection, int side)
      : connection_(std::move(connection)), side_(side) {}
  ~SimStream() override { connection_->close(side_); }

  void start(base::StreamHandler& handler) override { connection_->start(side_, handler); }
  std::size_t read(std::span<char> into) override { return connection_->read(side_, into); }
  void write(std::vector<base::Segment> segments) override {
    connection_->write(side_, std::move(segments));
  }
  std::size_t queued_bytes() const override { return connection_->queued_bytes(side_); }
  void pause_reading() override { connection_->set_paused(side_, true); }
  void resume_reading() override { connection_->set_paused(side_, false); }
  const base::Endpoint& peer() const override { return connection_->address(1 - side_); }
  const base::Endpoint& local() const override { return connection_->address(side_); }

 private:
  std::shared_ptr<SimConnection> connection_;
  int side_;
};

std::size_t size_of(const base::Segment& segment) {
  if (const auto* slice = std::get_if<base::Slice>(&segment)) return slice->bytes.size();
  return std::get<base::FileRange>(segment).length;
}

}  // namespace

SimConnection::SimConnection(SimNetwork& network, Place connecting, Place accepting)
    : network_(network) {
  ends_[0].place = std::move(connecting);
  ends_[1].place = std::move(accepting);
  const auto& options = network.options();
  for (Pipe& pipe : pipes_) {
    pipe.window = static_cast<std::size_t>(
        network.random().between(static_cast<std::int64_t>(options.least_window),
                                 static_cast<std::int64_t>(options.most_window)));
  }
}

SimConnection::~SimConnection() = default;

std::unique_ptr<base::Stream> SimConnection::make_stream(int side) {
  return std::make_unique<SimStream>(shared_from_this(), side);
}

void SimConnection::start(int side, base::StreamHandler& handler) {
  End& end = ends_[index(side)];
  OTTLA_ASSERT(end.handler == nullptr, "a stream is started once");
  end.handler = &handler;
  notify(side);
}

std::size_t SimConnection::read(int side, std::span<char> into) {
  Pipe& pipe = pipes_[index(other(side))];
  if (!ends_[index(side)].open || pipe.received.empty() || into.empty()) return 0;
  base::Slice& front = pipe.received.front();
  const std::size_t count = front.bytes.copy(into.data(), into.size());
  front.bytes.remove_prefix(count);
  if (front.bytes.empty()) pipe.received.pop_front();
  if (network_.blocked(*ends_[index(side)].place.host, *ends_[index(other(side))].place.host)) {
    pipe.unacknowledged += count;
  } else {
    pipe.outstanding -= count + std::exchange(pipe.unacknowledged, 0);
    if (pipe.queued > 0) pump_later(other(side), network_.latency());
  }
  return count;
}

void SimConnection::write(int side, std::vector<base::Segment> segments) {
  End& end = ends_[index(side)];
  if (!end.open) return;
  Pipe& pipe = pipes_[index(side)];
  for (base::Segment& segment : segments) {
    const std::size_t size = size_of(segment);
    if (size == 0) continue;
    pipe.queued += size;
    pipe.segments.push_back(std::move(segment));
  }
  if (network_.random().one_in(2)) {
    pump(side);
  } else {
    pump_later(side, Duration(network_.random().between(0, 100'000)));
  }
}

void SimConnection::set_paused(int side, bool paused) {
  End& end = ends_[index(side)];
  end.paused = paused;
  if (!paused) notify(side);
}

void SimConnection::close(int side) {
  End& end = ends_[index(side)];
  if (!end.open) return;
  end.open = false;
  end.handler = nullptr;
  Pipe& out = pipes_[index(side)];
  Pipe& in = pipes_[index(other(side))];
  const bool unread = !in.received.empty();
  out.segments.clear();
  out.queued = 0;
  in.received.clear();
  if (!ends_[index(other(side))].open) {
    network_.forget(*this);
    return;
  }
  if (broken_ || end.fault) return;
  if (unread) lose_some(out);
  add_piece(side, unread ? PieceKind::reset : PieceKind::end, {});
}

void SimConnection::reset() {
  if (broken_) return;
  broken_ = true;
  network_.count_reset();
  for (int side = 0; side < 2; ++side) {
    lose_some(pipes_[index(side)]);
    add_piece(side, PieceKind::reset, {});
  }
}

void SimConnection::fall_silent(int side) {
  End& end = ends_[index(side)];
  end.open = false;
  end.handler = nullptr;
  Pipe& out = pipes_[index(side)];
  out.segments.clear();
  out.queued = 0;
  lose_some(out);
  pipes_[index(other(side))].received.clear();
  if (!ends_[index(other(side))].open) network_.forget(*this);
}

// Keeps a seeded part, from the front, of what is under way.
void SimConnection::lose_some(Pipe& pipe) {
  if (pipe.pieces.empty()) return;
  const std::size_t keep = network_.random().below(pipe.pieces.size() + 1);
  if (keep == pipe.pieces.size()) return;
  base::Slice& cut = pipe.pieces[keep].bytes;
  cut.bytes = cut.bytes.substr(0, network_.random().below(cut.bytes.size() + 1));
  pipe.pieces[keep].kind = PieceKind::data;
  pipe.pieces.resize(keep + 1);
}

void SimConnection::pump_later(int side, Duration delay) {
  Pipe& pipe = pipes_[index(side)];
  if (pipe.pump_scheduled) return;
  pipe.pump_scheduled = true;
  network_.scheduler().after(delay, [self = shared_from_this(), side] {
    self->pipes_[index(side)].pump_scheduled = false;
    self->pump(side);
  });
}

void SimConnection::pump(int side) {
  End& end = ends_[index(side)];
  Pipe& pipe = pipes_[index(side)];
  if (!end.open || end.fault) return;
  if (pipe.queued > 0 && pipe.outstanding < pipe.window) {
    std::string flight;
    const std::size_t before = pipe.queued;
    auto gathered = gather(pipe, pipe.window - pipe.outstanding, flight);
    pipe.outstanding += before - pipe.queued;
    launch(side, std::move(flight));
    if (!gathered) {
      add_piece(side, PieceKind::reset, {});
      fail(side, gathered.error());
      return;
    }
  }
  if (pipe.queued == 0) {
    end.drained = true;
    notify(side);
  }
}

Result<void> SimConnection::gather(Pipe& pipe, std::size_t room, std::string& flight) {
  flight.reserve(std::min(room, pipe.queued));
  while (room > 0 && !pipe.segments.empty()) {
    base::Segment& segment = pipe.segments.front();
    auto taken = gather_some(segment, room, flight);
    if (!taken) return taken.error();
    room -= *taken;
    pipe.queued -= *taken;
    if (size_of(segment) == 0) pipe.segments.pop_front();
  }
  return {};
}

Result<std::size_t> SimConnection::gather_some(base::Segment& segment, std::size_t room,
                                               std::string& flight) {
  const std::size_t count = std::min(room, size_of(segment));
  if (auto* slice = std::get_if<base::Slice>(&segment)) {
    flight.append(slice->bytes.substr(0, count));
    slice->bytes.remove_prefix(count);
    return count;
  }
  auto& range = std::get<base::FileRange>(segment);
  const std::size_t start = flight.size();
  flight.resize(start + count);
  // The kernel's own read: it sleeps where a loop may not.
  Result<std::size_t> got = std::size_t{0};
  Task task = [&] { got = range.file->read_at(range.position, {flight.data() + start, count}); };
  network_.scheduler().run_as(SimContext::worker, task);
  if (!got || *got < count) {
    flight.resize(start + got.value_or(std::size_t{0}));
    return got ? Error(ErrorCode::io_error, "the file is shorter than what was to be sent of it",
                       {.file = range.file->path()})
               : got.error();
  }
  range.position += count;
  range.length -= count;
  return count;
}

void SimConnection::launch(int side, std::string flight) {
  if (flight.empty() || broken_) return;
  auto& random = network_.random();
  const base::Slice whole = base::Slice::own(std::move(flight));
  BytesView left = whole.bytes;
  const std::uint64_t manner = random.below(8);
  const std::size_t cuts = manner == 0 ? random.below(8) : manner < 3 ? random.below(3) : 0;
  for (std::size_t i = 0; i < cuts && left.size() > 1; ++i) {
    const std::size_t most = manner == 0 ? std::min<std::size_t>(16, left.size()) : left.size();
    const std::size_t count = 1 + random.below(most);
    add_piece(side, PieceKind::data, {whole.owner, left.substr(0, count)});
    left.remove_prefix(count);
    pipes_[index(side)].last_arrival += Duration(random.between(1'000, 200'000));
  }
  if (!left.empty()) add_piece(side, PieceKind::data, {whole.owner, left});
  const auto one_in = network_.options().reset_one_in;
  if (one_in != 0 && random.one_in(one_in)) reset();
}

void SimConnection::add_piece(int side, PieceKind kind, base::Slice bytes) {
  Pipe& pipe = pipes_[index(side)];
  const auto speed = std::max<std::uint64_t>(1, network_.options().bytes_per_second);
  const TimePoint now = network_.scheduler().now();
  const TimePoint starts = std::max(now + network_.latency(), pipe.last_arrival);
  pipe.last_arrival = starts + Duration(bytes.bytes.size() * 1'000'000'000 / speed);
  pipe.pieces.push_back({kind, std::move(bytes), pipe.last_arrival});
  schedule_arrival(side);
}

void SimConnection::schedule_arrival(int side) {
  Pipe& pipe = pipes_[index(side)];
  if (pipe.arrival_scheduled || pipe.held || pipe.pieces.empty()) return;
  pipe.arrival_scheduled = true;
  network_.scheduler().at(pipe.pieces.front().arrives, [self = shared_from_this(), side] {
    self->pipes_[index(side)].arrival_scheduled = false;
    self->on_arrival(side);
  });
}

void SimConnection::on_arrival(int side) {
  Pipe& pipe = pipes_[index(side)];
  const SimHost& from = *ends_[index(side)].place.host;
  const SimHost& to = *ends_[index(other(side))].place.host;
  if (pipe.pieces.empty()) return;
  if (network_.blocked(from, to) || !to.up) {
    hold(side);
    return;
  }
  Piece piece = std::move(pipe.pieces.front());
  pipe.pieces.pop_front();
  arrive(side, std::move(piece));
  schedule_arrival(side);
}

void SimConnection::hold(int side) {
  Pipe& pipe = pipes_[index(side)];
  pipe.held = true;
  const std::uint64_t number = ++pipe.holds;
  auto self = shared_from_this();
  network_.hold(*ends_[index(side)].place.host, *ends_[index(other(side))].place.host,
                [self, side] {
                  Pipe& released = self->pipes_[index(side)];
                  released.held = false;
                  self->on_arrival(side);
                });
  network_.scheduler().after(network_.options().give_up, [self, side, number] {
    const Pipe& held = self->pipes_[index(side)];
    if (!held.held || held.holds != number) return;
    self->fail(side, Error(ErrorCode::connection_closed, "the peer has not answered for too long",
                           {.broker = self->address(other(side)).to_string()}));
  });
}

// `side` is the one that sent.
void SimConnection::arrive(int side, Piece piece) {
  Pipe& pipe = pipes_[index(side)];
  const int receiver = other(side);
  End& end = ends_[index(receiver)];
  if (!end.open || end.fault) {
    if (piece.kind == PieceKind::data) refuse_data(side);
    return;
  }
  switch (piece.kind) {
    case PieceKind::data:
      if (piece.bytes.bytes.empty()) return;
      pipe.received.push_back(std::move(piece.bytes));
      notify(receiver);
      return;
    case PieceKind::end:
      pipe.ended = true;
      notify(receiver);
      return;
    case PieceKind::reset:
      fail(receiver, Error(ErrorCode::connection_closed, "the connection was reset by the peer",
                           {.broker = address(side).to_string()}));
      return;
  }
}

// Data came to an end that is gone: its kernel says so.
void SimConnection::refuse_data(int from) {
  const End& writer = ends_[index(from)];
  if (!writer.open || writer.fault) return;
  Pipe& back = pipes_[index(other(from))];
  if (!back.pieces.empty() && back.pieces.back().kind == PieceKind::reset) return;
  lose_some(back);
  add_piece(other(from), PieceKind::reset, {});
}

void SimConnection::fail(int side, Error error) {
  End& end = ends_[index(side)];
  if (!end.open || end.fault) return;
  end.fault = std::move(error);
  Pipe& out = pipes_[index(side)];
  out.segments.clear();
  out.queued = 0;
  // Some kernels hand out what came before the reset, some do not.
  if (network_.random().one_in(2)) pipes_[index(other(side))].received.clear();
  notify(side);
}

void SimConnection::notify(int side) {
  End& end = ends_[index(side)];
  if (!end.open || end.handler == nullptr || end.turn_posted) return;
  end.turn_posted = true;
  end.place.queue->push([self = shared_from_this(), side] { self->turn(side); });
}

void SimConnection::turn(int side) {
  End& end = ends_[index(side)];
  end.turn_posted = false;
  deliver(side);
  if (!end.open || end.handler == nullptr || end.paused) return;
  const Pipe& in = pipes_[index(other(side))];
  if (!in.received.empty() || end.fault || in.ended) notify(side);
}

// After each call the stream may be closed.
void SimConnection::deliver(int side) {
  End& end = ends_[index(side)];
  const Pipe& in = pipes_[index(other(side))];
  if (end.handler == nullptr) return;
  if (std::exchange(end.drained, false) && queued_bytes(side) == 0 && !end.fault) {
    end.handler->on_drained();
    if (end.handler == nullptr) return;
  }
  if (!in.received.empty() && !end.paused) {
    end.handler->on_readable();
    if (end.handler == nullptr) return;
  }
  const bool over = in.received.empty() && !end.paused && in.ended;
  if (!end.fault && !over) return;
  base::StreamHandler* handler = std::exchange(end.handler, nullptr);
  const Error error = end.fault ? *end.fault : hang_up(side);
  end.fault = error;
  handler->on_closed(error);
}

Error SimConnection::hang_up(int side) const {
  return Error(ErrorCode::connection_closed, "the peer closed the connection",
               {.broker = address(other(side)).to_string()});
}

}  // namespace ottla::simulation
