package main

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func balancer(name string) kgo.GroupBalancer {
	switch name {
	case "range":
		return kgo.RangeBalancer()
	case "roundrobin":
		return kgo.RoundRobinBalancer()
	case "cooperative-sticky":
		return kgo.CooperativeStickyBalancer()
	}
	fail(fmt.Errorf("unknown assignor %q", name))
	panic("unreachable")
}

// member polls and commits until SIGTERM.
func member(bootstrap, topic, group, assignor, instance string) {
	stopping, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	out := newLines()
	report := func(kind string) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			out.write(map[string][]int32{kind: append([]int32{}, partitions[topic]...)})
		}
	}
	options := []kgo.Opt{
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.Balancers(balancer(assignor)),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(6 * time.Second),
		kgo.HeartbeatInterval(200 * time.Millisecond),
		kgo.FetchMaxWait(50 * time.Millisecond),
		kgo.OnPartitionsAssigned(report("assigned")),
		kgo.OnPartitionsRevoked(report("revoked")),
		kgo.OnPartitionsLost(report("revoked")),
	}
	if instance != "" {
		options = append(options, kgo.InstanceID(instance))
	}
	client := newClient(bootstrap, options...)
	for stopping.Err() == nil {
		// Not for ever: a commit that was refused is tried again.
		some, cancel := context.WithTimeout(stopping, 100*time.Millisecond)
		fetches := client.PollRecords(some, 100)
		cancel()
		fetches.EachRecord(func(got *kgo.Record) {
			out.write(map[string][]int64{"record": {int64(got.Partition), got.Offset}})
		})
		// Whoever owns a partition after a failure reads on from the last commit.
		_ = client.CommitUncommittedOffsets(context.Background())
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
}
