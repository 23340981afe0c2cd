// A client of Kubernetes that owes nothing to Moorage: it is made of client-go alone, as most controllers are.
//
//	work   copies the data of every labelled ConfigMap into one named NAME-copy, by informer and work queue
//	lead   takes part in a leader election, and prints who leads
//
// Each line on standard output is one JSON object with a "what"; the test reads them.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("usage: clients work|lead KUBECONFIG NAMESPACE IDENTITY, got %d arguments", len(args))
	}
	mode, kubeconfig, namespace, identity := args[0], args[1], args[2], args[3]
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("cannot read the kubeconfig %q: %w", kubeconfig, err)
	}
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("cannot make a client: %w", err)
	}
	switch mode {
	case "work":
		return work(ctx, client, namespace)
	case "lead":
		return lead(ctx, client, namespace, identity)
	default:
		return fmt.Errorf("unknown mode %q, want work or lead", mode)
	}
}

// tell prints one event of the program for the test.
func tell(what, name string) {
	line, _ := json.Marshal(map[string]string{"what": what, "name": name})
	fmt.Println(string(line))
}
