#include "client/producer/record_accumulator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.h"
#include "client/producer/batch_split.h"

namespace ottla::client {
namespace {

// With compression a batch may begin with so many times its size, for what may become of it.
constexpr std::size_t kMostMemoryFactor = 16;

// And with no more than such a share of all memory, so that others can be opened beside it.
constexpr std::size_t kLeastBatches = 8;

// With the queue's lock held, after batches came or went.
void note_length(PartitionQueue& queue) {
  queue.load.batches.store(static_cast<std::uint32_t>(queue.batches.size()),
                           std::memory_order_relaxed);
}

// The part has the sequences that its records had in the whole.
protocol::ProducerState part_stamp(const ProducerBatch& whole, const ProducerBatch& part) {
  auto stamp = *whole.stamped();
  if (stamp.id == protocol::kNoProducerId) return stamp;
  const auto before = part.sending.order.record - whole.sending.order.record;
  stamp.base_sequence =
      protocol::sequence_after(stamp.base_sequence, static_cast<std::int32_t>(before));
  return stamp;
}

Error with_topic(Error error, const std::string& topic) {
  auto context = error.context();
  context.topic = topic;
  return Error(error.code(), error.message(), std::move(context));
}

}  // namespace

RecordAccumulator::RecordAccumulator(const AccumulatorConfig& config, const base::Clock& clock,
                                     std::shared_ptr<CallbackExecutor> executor, std::uint64_t seed,
                                     base::Task on_ready)
    : config_(config),
      clock_(clock),
      executor_(std::move(executor)),
      on_ready_(std::move(on_ready)),
      metrics_(config.sampling),
      pool_(config.buffer_memory, config.batch_size, [this] { enlist_all(); }),
      topics_(
          {.sticky = {.batch_size = config.batch_size, .adaptive = config.adaptive_partitioning},
           .partitioner = config.partitioner},
          seed),
      flushes_(executor_, clock) {}

Result<void> RecordAccumulator::append(TopicEntry& topic, std::int32_t partition,
                                       RecordToAppend& record, bool may_wait) {
  const bool sticky = partition < 0;
  std::shared_ptr<BatchMemory> memory;
  for (;;) {
    const auto& partitions = *topic.partitions();
    if (sticky && topic.sticky().current() < 0) topic.sticky().draw(-1);
    const auto number = sticky ? topic.sticky().current() : partition;
    auto& queue =
        *partitions.queues[std::min(static_cast<std::size_t>(number), partitions.count - 1)];
    ProducerBatch* full = nullptr;
    {
      const std::lock_guard lock(queue.mutex);
      if (queue.closed) return Error(ErrorCode::closed, "the producer was closed");
      if (sticky && topic.sticky().current() != number) continue;
      const bool opened = memory && (queue.batches.empty() ||
                                     queue.batches.back()->state != ProducerBatch::State::open);
      if (opened) open_batch(queue, std::move(memory));
      if (!queue.batches.empty() && queue.batches.back()->state == ProducerBatch::State::open) {
        auto& tail = *queue.batches.back();
        const auto before = tail.size_in_bytes();
        if (tail.append(record)) {
          if (sticky) {
            topic.sticky().add(number, tail.size_in_bytes() - before,
                               [&tail] { return tail.full(); });
          }
          // Behind another batch it has time: the Sender looks again when it has taken that one.
          const bool first = queue.batches.size() == 1;
          if (first && (opened || tail.full()) && !queue.window_full.load()) enlist(queue);
          return {};
        }
        tail.state = ProducerBatch::State::sealing;
        queue.callback_bytes_of_last = tail.callback_bytes();
        full = &tail;
      }
    }
    if (full != nullptr) {
      seal(queue, *full);
      if (sticky && topic.sticky().had_share()) {
        topic.sticky().draw(number);
        continue;
      }
    }
    auto allocated = allocate(topic, record, may_wait);
    if (!allocated) return std::move(allocated).error();
    memory = std::move(*allocated);
  }
}

Result<std::shared_ptr<BatchMemory>> RecordAccumulator::allocate(const TopicEntry& topic,
                                                                 const RecordToAppend& record,
                                                                 bool may_wait) {
  const auto size = memory_for(topic, record);
  auto memory = pool_.allocate(size, std::nullopt);
  const bool wait = !memory && memory.error().code() == ErrorCode::would_block && may_wait &&
                    executor_->may_block();
  if (wait) {
    const auto began = BufferPool::Clock::now();
    memory = pool_.allocate(size, began + config_.max_block);
    const bool exhausted = !memory && memory.error().code() == ErrorCode::buffer_exhausted;
    metrics_.on_pool_wait(BufferPool::Clock::now() - began, exhausted, clock_.now());
  }
  if (!memory) return with_topic(std::move(memory).error(), *topic.name());
  return memory;
}

void RecordAccumulator::open_batch(PartitionQueue& queue, std::shared_ptr<BatchMemory> memory) {
  auto result = std::make_shared<BatchResult>(executor_, queue.topic.name(), queue.partition);
  queue.batches.push_back(std::make_unique<ProducerBatch>(std::move(memory), std::move(result),
                                                          clock_.now(), flushes_.batch_opened(),
                                                          queue.callback_bytes_of_last));
  if (config_.compression == Compression::none) queue.batches.back()->sum_while_filling();
  note_length(queue);
}

std::size_t RecordAccumulator::memory_for(const TopicEntry& topic,
                                          const RecordToAppend& record) const {
  std::size_t usual = config_.batch_size;
  if (config_.compression != Compression::none) {
    const auto wanted = static_cast<float>(usual) / std::max(topic.compression_ratio(), 0.01F);
    const auto most = std::min({config_.max_request_size, kMostMemoryFactor * usual,
                                config_.buffer_memory / kLeastBatches});
    while (2 * usual <= most && static_cast<float>(2 * usual) <= wanted) usual *= 2;
  }
  return std::max(usual, protocol::kBatchHeaderSize + record.max_size());
}

// The batch keeps its place in the queue; nobody else touches one that is being sealed.
void RecordAccumulator::seal(PartitionQueue& queue, ProducerBatch& batch) {
  batch.seal(config_.compression, config_.compression_level);
  if (config_.compression != Compression::none) {
    queue.topic.observe_compression(batch.uncompressed_size(), batch.size_in_bytes());
  }
  std::unique_ptr<ProducerBatch> orphan;
  bool first = false;
  {
    const std::lock_guard lock(queue.mutex);
    batch.state = ProducerBatch::State::sealed;
    first = queue.batches.front().get() == &batch;
    if (queue.closed) {
      const auto same = [&](const auto& other) { return other.get() == &batch; };
      const auto at = std::find_if(queue.batches.begin(), queue.batches.end(), same);
      orphan = std::move(*at);
      queue.batches.erase(at);
      note_length(queue);
    }
  }
  if (orphan) return fail(*orphan, Error(ErrorCode::closed, "the producer was closed"));
  if (first && !queue.window_full.load()) enlist(queue);
}

void RecordAccumulator::enlist(PartitionQueue& queue) {
  if (queue.enlisted.exchange(true)) return;
  bool first = false;
  {
    const std::lock_guard lock(enlisted_mutex_);
    first = enlisted_.empty();
    enlisted_.push_back(&queue);
  }
  if (first) on_ready_();
}

void RecordAccumulator::enlist_all() {
  topics_.for_each([this](const TopicEntry& topic) {
    if (const auto* partitions = topic.partitions()) {
      for (auto* queue : partitions->queues) enlist(*queue);
    }
  });
  on_ready_();
}

std::vector<PartitionQueue*> RecordAccumulator::take_enlisted() {
  std::vector<PartitionQueue*> taken;
  {
    const std::lock_guard lock(enlisted_mutex_);
    taken.swap(enlisted_);
  }
  for (auto* queue : taken) queue->enlisted.store(false);
  return taken;
}

std::optional<RecordAccumulator::Head> RecordAccumulator::head(PartitionQueue& queue) {
  const std::lock_guard lock(queue.mutex);
  if (queue.batches.empty()) return std::nullopt;
  const auto& batch = *queue.batches.front();
  const bool open = batch.state == ProducerBatch::State::open;
  const bool sealing = batch.state == ProducerBatch::State::sealing;
  return Head{.created = batch.created(),
              .sealing = sealing,
              .complete = !open || queue.batches.size() > 1 || batch.full(),
              .size = sealing ? 0 : batch.size_in_bytes(),
              .sending = &batch.sending,
              .stamped = batch.stamped().has_value()};
}

std::unique_ptr<ProducerBatch> RecordAccumulator::take_head(PartitionQueue& queue) {
  std::unique_ptr<ProducerBatch> batch;
  {
    const std::lock_guard lock(queue.mutex);
    OTTLA_ASSERT(!queue.batches.empty(), "there is a batch to take");
    if (queue.batches.front()->state == ProducerBatch::State::sealing) return nullptr;
    batch = std::move(queue.batches.front());
    queue.batches.pop_front();
    note_length(queue);
  }
  if (batch->state == ProducerBatch::State::sealed) return batch;
  batch->seal(config_.compression, config_.compression_level);
  if (config_.compression != Compression::none) {
    queue.topic.observe_compression(batch->uncompressed_size(), batch->size_in_bytes());
  }
  batch->state = ProducerBatch::State::sealed;
  return batch;
}

bool RecordAccumulator::split(PartitionQueue& queue, ProducerBatch& batch) {
  auto parts = split_batch(batch, config_.batch_size, executor_);
  if (parts.empty()) return false;
  metrics_.on_split(clock_.now());
  if (config_.compression != Compression::none) queue.topic.expect_no_compression();
  flushes_.batch_split(batch.flush_round(), parts.size());
  for (auto& part : parts) {
    part->seal(config_.compression, config_.compression_level);
    part->state = ProducerBatch::State::sealed;
    if (batch.stamped()) part->stamp(part_stamp(batch, *part), batch.transactional());
    put_back(queue, std::move(part));
  }
  return true;
}

void RecordAccumulator::put_back(PartitionQueue& queue, std::unique_ptr<ProducerBatch> batch) {
  const std::lock_guard lock(queue.mutex);
  const auto later = [&](const auto& other) {
    return other->sending.order.number == 0 || other->sending.order > batch->sending.order;
  };
  const auto at = std::find_if(queue.batches.begin(), queue.batches.end(), later);
  queue.batches.insert(at, std::move(batch));
  note_length(queue);
}

void RecordAccumulator::clear_stamps(PartitionQueue& queue) {
  const std::lock_guard lock(queue.mutex);
  for (auto& batch : queue.batches) batch->clear_stamp();
}

void RecordAccumulator::complete(ProducerBatch& batch, std::int64_t base_offset,
                                 std::int64_t log_append_time_ms) {
  batch.release_memory();
  batch.result()->complete(base_offset, log_append_time_ms);
  deliver(batch, nullptr);
}

void RecordAccumulator::fail(ProducerBatch& batch, const Error& error,
                             BatchResult::RecordErrors details) {
  if (!batch.sending.reported) batch.release_memory();
  metrics_.on_error(batch.result()->topic(), static_cast<std::size_t>(batch.record_count()),
                    clock_.now());
  batch.result()->fail(error, std::move(details));
  deliver(batch, &error);
}

void RecordAccumulator::deliver(ProducerBatch& batch, const Error* error) {
  auto deliveries = batch.take_deliveries();
  if (!deliveries.empty()) {
    executor_->run(base::Task([executor = executor_, result = batch.result(),
                               deliveries = std::move(deliveries)]() mutable {
      Result<RecordMetadata> outcome = RecordMetadata();
      for (; !deliveries.empty(); deliveries.pop_front()) {
        result->take_next(deliveries.front_key(), outcome);
        executor->invoke([&] { deliveries.call_front(outcome); });
      }
    }));
  }
  // What was taken back is no failure of what was sent.
  const bool failed = error != nullptr && error->code() != ErrorCode::transaction_aborted;
  flushes_.batch_done(batch.flush_round(), failed ? error : nullptr);
}

void RecordAccumulator::close(const Error& error) {
  pool_.close();
  topics_.for_each([&](TopicEntry& topic) {
    const auto* partitions = topic.partitions();
    if (partitions == nullptr) return;
    for (auto* queue : partitions->queues) {
      std::deque<std::unique_ptr<ProducerBatch>> left;
      {
        const std::lock_guard lock(queue->mutex);
        queue->closed = true;
        // One that is being sealed belongs to its sealer until it is done.
        auto& batches = queue->batches;
        for (auto& batch : batches) {
          if (batch->state != ProducerBatch::State::sealing) left.push_back(std::move(batch));
        }
        std::erase(batches, nullptr);
      }
      for (auto& batch : left) fail(*batch, with_topic(error, *topic.name()));
    }
  });
}

}  // namespace ottla::client
