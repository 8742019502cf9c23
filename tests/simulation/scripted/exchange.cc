#include "tests/simulation/scripted/exchange.h"

#include <utility>

#include "base/assert.h"
#include "tests/simulation/scripted/lies.h"
#include "tests/simulation/scripted/scripted_broker.h"
#include "tests/simulation/scripted/scripted_connection.h"

namespace ottla::simulation {

Exchange::Exchange(ScriptedBroker& broker, std::weak_ptr<ScriptedConnection> connection,
                   base::SharedBuffer frame, const protocol::RequestFrame& request,
                   const Rule& rule, std::uint64_t place)
    : broker_(broker),
      connection_(std::move(connection)),
      frame_(std::move(frame)),
      request_(request),
      rule_(rule),
      place_(place) {}

ScriptedCluster& Exchange::cluster() {
  return broker_.cluster();
}

void Exchange::answer_nothing() {
  if (const auto connection = connection_.lock()) connection->answer(place_, {});
}

void Exchange::refuse() {
  cluster().note_bad_request();
  if (const auto connection = connection_.lock()) connection->hang_up();
}

void Exchange::send(Result<protocol::EncodedFrame> frame) {
  OTTLA_ASSERT(frame.has_value(), "a scripted answer could not be encoded");
  if (plays(Trick::delay)) {
    broker_.later(rule_.delay,
                  [self = shared_from_this(), bytes = frame->bytes] { self->deliver(bytes); });
    return;
  }
  deliver(frame->bytes);
}

void Exchange::deliver(base::SharedBuffer frame) {
  const auto connection = connection_.lock();
  if (!connection) return;
  if (plays(Trick::close_after)) {
    connection->hang_up();
    return;
  }
  const LyingFrame told =
      lie_about_bytes(rule_.trick, std::move(frame), cluster().simulation().random());
  connection->answer(place_, told.bytes, told.then_hang_up);
}

}  // namespace ottla::simulation
