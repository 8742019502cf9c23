#pragma once

#include <map>
#include <string>

namespace ottla_peer {

// --name value pairs behind the command.
using Arguments = std::map<std::string, std::string>;

// Writes `transactions` transactions of a record in each of the `partitions`, valued
// "NUMBER-PARTITION": every third one is aborted, some by the destructor. `id`: of the producer.
int transact(const Arguments& arguments);

// Copies what committed records `topic` has to the same partitions of `to`, exactly once, as a
// member of `group`, until SIGTERM. Every seventh transaction is aborted. Writes the number of
// records after each commit.
int copy(const Arguments& arguments);

}  // namespace ottla_peer
