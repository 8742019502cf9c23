#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "client/callback_executor.h"
#include "client/producer/producer_batch.h"

namespace ottla::client {

// Batches that hold the records of `batch` in their order: not sealed, each of at most `most` bytes
// and of at most half of what `batch` has, unless one record alone is larger. What is to be told of
// the records goes with them; `batch` is left without. Empty, and nothing is changed, if there is
// nothing to cut. Costs a decompression, if the batch is compressed, and a copy.
std::vector<std::unique_ptr<ProducerBatch>> split_batch(
    ProducerBatch& batch, std::size_t most, const std::shared_ptr<CallbackExecutor>& executor);

}  // namespace ottla::client
